"""Where the dynamic loader of a root filesystem finds libraries."""
from __future__ import annotations

import os
import re
import struct
from typing import Dict, List, Optional

from newroot import elf, paths

CACHE = "/etc/ld.so.cache"
CACHE_MAGIC = b"glibc-ld.so.cache1.1"
LOADERS = {62: "/lib64/ld-linux-x86-64.so.2", 183: "/lib/ld-linux-aarch64.so.1", 3: "/lib/ld-linux.so.2"}
"""glibc's loader by ELF machine (x86-64, AArch64, i386)."""
USUAL_DIRECTORIES = ["/lib64", "/usr/lib64", "/lib", "/usr/lib"]
MODULE = re.compile(r"(.*/python[0-9.]*/(?:site|dist)-packages)(/.+)")
BUILT_IN = re.compile(rb"(?:/[\w.+-]+(?:/[\w.+-]+)*/\0){2,}")
"""The loader's default directories stand in it one after the other."""


class Loader:
    """The search of ld.so in one root: RPATH or RUNPATH, then ld.so.cache, then the default directories.

    A Python module also finds the modules of the packages that it is part of.

    It remembers the files it has seen: make a new one after files changed.
    """

    def __init__(self, root: str) -> None:
        self.root = root
        self._cache = read_cache(root)
        self._files: Dict[str, Optional[elf.Elf]] = {}
        self._defaults: Dict[int, List[str]] = {}

    def find(self, soname: str, asker: elf.Elf, asker_path: str) -> Optional[str]:
        """The path (inside the root) of the library `soname` for the file at `asker_path`, or None.

        A library of another class or machine is passed over, as the loader does.
        """
        if "/" in soname:
            candidates = [soname]
        else:
            own = expand(asker.runpath or asker.rpath, os.path.dirname(asker_path))
            candidates = [f"{directory}/{soname}" for directory in own]
            candidates += self._cache.get(soname, [])
            candidates += [f"{directory}/{soname}" for directory in self._default_directories(asker.machine)]
            candidates += [f"{directory}/{soname}" for directory in packages_above(asker_path)]
        return next((path for path in candidates if self.fits(path, asker)), None)

    def fits(self, path: str, asker: elf.Elf) -> bool:
        try:
            host = paths.resolve(self.root, path)
        except OSError:
            return False
        if host not in self._files:
            self._files[host] = elf.read(host)
        library = self._files[host]
        return library is not None and library.kind == asker.kind

    def missing(self, path: str) -> List[str]:
        """What the ELF file at `path` (inside the root) needs and would not get: sonames, or its interpreter."""
        host = paths.resolve(self.root, path)
        file = elf.read(host)
        if file is None:
            return []
        origin = paths.inside(self.root, host)
        missing = [name for name in file.needed if not self.find(name, file, origin)]
        if file.interpreter and not paths.exists(self.root, file.interpreter):
            missing.append(file.interpreter)
        return missing

    def missing_closure(self, path: str) -> List[str]:
        """Like `missing`, for the file and for all the libraries that it would be loaded with; sorted."""
        pending = [path]
        seen = set()
        missing = set()
        while pending:
            path = pending.pop()
            host = paths.resolve(self.root, path)
            file = elf.read(host)
            if file is None or host in seen:
                continue
            seen.add(host)
            missing.update(self.missing(path))
            used = [self.find(name, file, paths.inside(self.root, host)) for name in file.needed]
            pending += [library for library in used if library]
        return sorted(missing)

    def _default_directories(self, machine: int) -> List[str]:
        if machine not in self._defaults:
            self._defaults[machine] = default_directories(self.root, machine)
        return self._defaults[machine]


def packages_above(module: str) -> List[str]:
    """The folders of the Python packages that a module of machine code is part of, outermost last.

    Python imports those first, and what is loaded already the loader does not look for.
    """
    found = MODULE.match(module)
    if not found:
        return []
    folders = found.group(2).split("/")[1:-1]
    return ["/".join([found.group(1), *folders[:count]]) for count in range(len(folders), 0, -1)]


def default_directories(root: str, machine: int) -> List[str]:
    """The directories that need neither a path in the file nor the cache: distributions build other ones in."""
    try:
        with open(paths.resolve(root, LOADERS[machine]), "rb") as file:
            found = BUILT_IN.search(file.read())
    except (KeyError, OSError):
        return USUAL_DIRECTORIES
    return [os.fsdecode(part).rstrip("/") for part in found.group().split(b"\0") if part] if found else USUAL_DIRECTORIES


def expand(directories: List[str], origin: str) -> List[str]:
    """Search directories with the loader's own variables filled in."""
    result = []
    for directory in directories:
        for token in ("ORIGIN", "{ORIGIN}"):
            directory = directory.replace(f"${token}", origin)
        libs = ["lib64", "lib"] if "$LIB" in directory or "${LIB}" in directory else [""]
        result += [directory.replace("${LIB}", lib).replace("$LIB", lib) for lib in libs]
    return result


def read_cache(root: str) -> Dict[str, List[str]]:
    """Library paths by soname from the root's ld.so.cache; empty when there is none that can be read.

    The format is described in glibc's dl-cache.h; the old format can precede the new one.
    """
    try:
        with open(paths.resolve(root, CACHE), "rb") as file:
            data = file.read()
    except OSError:
        return {}
    start = data.find(CACHE_MAGIC)
    if start < 0:
        return {}
    try:
        return parse_cache(data[start:])
    except (struct.error, ValueError):
        return {}


def parse_cache(data: bytes) -> Dict[str, List[str]]:
    entries: Dict[str, List[str]] = {}
    count = struct.unpack_from("=I", data, len(CACHE_MAGIC))[0]
    for index in range(count):
        _flags, key, value, _osversion, _hwcap = struct.unpack_from("=iIIIQ", data, 48 + 24 * index)
        entries.setdefault(elf.text(data, key), []).append(elf.text(data, value))
    return entries
