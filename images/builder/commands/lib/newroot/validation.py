"""Proof that what was put into the newroot can be loaded and that no link leads nowhere."""
from __future__ import annotations

import os
from typing import Iterator, List, Tuple

from newroot import elf, paths
from newroot.loader import Loader

EXPECTED_DANGLING = ("/var/lock", "/etc/mtab")
FILLED_AT_RUN_TIME = ("/proc", "/dev", "/run", "/sys")


def missing_libraries(root: str) -> List[Tuple[str, str]]:
    """(file, library) for each library that a file's loader would not find; paths are inside the root.

    Looks at each executable and shared object, whatever its mode: a module without execute bit is loaded, too.
    """
    loader = Loader(root)
    return [
        (path, name) for path in elf_files(root) for name in loader.missing(path)
    ]


def elf_files(root: str) -> Iterator[str]:
    """Paths inside the root of all its ELF executables and shared objects."""
    for directory, _directories, names in paths.walk(root):
        for name in names:
            path = os.path.join(directory, name)
            if os.path.isfile(path) and not os.path.islink(path) and elf.read(path):
                yield paths.inside(root, path)


def dangling_links(root: str) -> List[Tuple[str, str]]:
    """(link, target) for each link that leads nowhere inside the root."""
    found = []
    for directory, _directories, names in paths.walk(root):
        for name in names:
            host = os.path.join(directory, name)
            if not os.path.islink(host):
                continue
            path = paths.inside(root, host)
            if not paths.exists(root, path) and not may_dangle(root, path):
                found.append((path, os.readlink(host)))
    return found


def may_dangle(root: str, path: str) -> bool:
    """Whether the link's target only appears when the image runs."""
    if path in EXPECTED_DANGLING:
        return True
    try:
        target = paths.inside(root, paths.resolve(root, path))
    except OSError:
        return False
    return any(target == place or target.startswith(place + "/") for place in FILLED_AT_RUN_TIME)
