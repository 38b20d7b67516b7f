"""Tools of the builder, lent to the newroot while scriptlets run there.

Scriptlets run chrooted in the newroot, which may have no shell. What is lent lies under /fakeroot and is linked to
from its usual place; after the transaction all of it is gone again, also when the transaction failed.

A newroot of another architecture has libraries of the same names for its own programs, which an emulator runs. There,
those of lent programs stay under /fakeroot, where LD_LIBRARY_PATH leads: loaders pass over what is not their machine's.
"""
from __future__ import annotations

import os
import shutil
import stat
from typing import Collection, Dict, List, Optional

from newroot import architecture, elf, installed, paths, process
from newroot.cli import note
from newroot.errors import CommandError
from newroot.loader import CACHE, Loader

FAKEROOT = "/fakeroot"
DEFAULT_ITEMS = [
    "/bin/sh", "/usr/bin/mkdir", "/usr/bin/grep", "/usr/bin/readlink", "/usr/sbin/useradd", "/usr/sbin/groupadd",
    "/etc/login.defs", "/usr/bin/find", "/usr/sbin/sln", "/usr/bin/ln", "/usr/bin/getent",
    "/usr/sbin/alternatives", "/usr/sbin/update-alternatives",
]
DEFAULT_DIRECTORIES = ["/etc/alternatives", "/var/lib/alternatives"]
"""`alternatives` makes neither. They stay as long as a choice is in them, whoever made them."""
DEVICES = {"null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8), "urandom": (1, 9), "tty": (5, 0)}
CACHED_DIRECTORIES = ("/lib64", "/usr/lib64")
LDCONFIG = "/usr/sbin/ldconfig"
FOREIGN_LIBRARIES = FAKEROOT + "/lib64"
NAME_SERVICES = "/etc/nsswitch.conf"


class Lending:
    """Context in which the items and their libraries are usable inside the newroot.

    `items` must be there or are remarked upon; the default items are lent where the builder has them. `not_config`
    are configuration files of the transaction itself: a lent one in their place would make rpm write .rpmnew.
    """

    def __init__(self, newroot: str, items: List[str], not_config: Collection[str] = ()) -> None:
        self.newroot = newroot
        self.items = items
        self.not_config = not_config
        self._foreign = architecture.is_foreign(newroot)
        self._links: List[str] = []
        self._directories: List[str] = []
        self._devices: List[str] = []

    def __enter__(self) -> "Lending":
        self._cache = read_bytes(paths.resolve(self.newroot, CACHE))
        self._builder = Loader("/")
        self._target = Loader(self.newroot)
        try:
            self._make_devices()
            for directory in [paths.resolve(self.newroot, place) for place in DEFAULT_DIRECTORIES]:
                self._make_directory(directory)
                self._directories.append(directory)
            for item in [*DEFAULT_ITEMS, *self.items]:
                if not self._lend_with_libraries(item) and item in self.items:
                    note(f"{item} cannot be lent to scriptlets: the builder has no such file")
            if self._foreign:
                self._lend_name_services()
            else:
                self._cache_libraries()
        except BaseException:
            self._return()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        self._return()

    def _lend_with_libraries(self, item: str) -> bool:
        """Makes the item usable; False when neither root has it. Libraries of what is already there count, too."""
        if item in self.not_config:
            return True
        source = self._lend(item)
        if source is None:
            return False
        interpreter = shebang(source)
        if interpreter:
            self._lend_with_libraries(interpreter)
        self._lend_libraries(source)
        return True

    def _lend(self, path: str, place: Optional[str] = None) -> Optional[str]:
        """Puts the builder's file at the same place (or `place`) of the newroot; returns the file that is used."""
        place = place or path
        if not place.startswith("/"):
            # A relative interpreter or library means the working directory, which nobody can lend to.
            return None
        if paths.exists(self.newroot, place):
            return paths.resolve(self.newroot, place)
        source = os.path.realpath(path)
        if not os.path.isfile(source):
            return None
        copy = self.newroot + FAKEROOT + place
        link = paths.resolve(self.newroot, place)
        self._make_directory(os.path.dirname(link))
        os.makedirs(os.path.dirname(copy), exist_ok=True)
        shutil.copy2(source, copy)
        os.symlink(FAKEROOT + place, link)
        self._links.append(link)
        return source

    def _lend_libraries(self, program: str) -> None:
        """Lends what the loader needs to start the program, libraries of libraries included."""
        pending = [program]
        seen: Dict[str, bool] = {}
        while pending:
            path = pending.pop()
            file = elf.read(path)
            if file is None or path in seen:
                continue
            seen[path] = True
            if file.interpreter:
                self._lend(file.interpreter)
            pending += [used for used in (self._lend_library(name, file, path) for name in file.needed) if used]

    def _lend_library(self, soname: str, asker: elf.Elf, asker_path: str) -> Optional[str]:
        origin = self._inside(asker_path)
        if self._foreign and origin == asker_path:
            return self._lend_foreign(soname, self._builder.find(soname, asker, origin))
        there = self._target.find(soname, asker, origin)
        if there:
            return paths.resolve(self.newroot, there)
        library = self._builder.find(soname, asker, origin)
        if library is None:
            return None
        private = asker.runpath or asker.rpath
        cached = os.path.dirname(library) in CACHED_DIRECTORIES
        return self._lend(library, library if cached or private else f"/usr/lib64/{soname}")

    def _lend_foreign(self, soname: str, library: Optional[str]) -> Optional[str]:
        """Puts a library of the builder's where only the builder's programs take it from."""
        if library is None:
            return None
        source = os.path.realpath(library)
        copy = f"{self.newroot}{FOREIGN_LIBRARIES}/{soname}"
        os.makedirs(os.path.dirname(copy), exist_ok=True)
        shutil.copy2(source, copy)
        return source

    def _lend_name_services(self) -> None:
        """By name the C library loads what the newroot's configuration says; the builder's cannot load the newroot's."""
        try:
            with open(paths.resolve(self.newroot, NAME_SERVICES), encoding="utf-8", errors="replace") as file:
                lines = [line.split("#")[0].partition(":")[2] for line in file]
        except FileNotFoundError:
            return
        shell = elf.read(os.path.realpath("/bin/sh"))
        for service in sorted({word for line in lines for word in line.split() if word.isalnum()}):
            library = self._builder.find(f"libnss_{service}.so.2", shell, "/bin/sh") if shell else None
            if self._lend_foreign(f"libnss_{service}.so.2", library):
                self._lend_libraries(os.path.realpath(library))

    def _inside(self, path: str) -> str:
        """Where a program or library sees itself: a path of the newroot without what leads there on the builder."""
        return paths.inside(self.newroot, path) if path.startswith(self.newroot + "/") else path

    def _make_directory(self, directory: str) -> None:
        missing = []
        while not os.path.isdir(directory):
            missing.append(directory)
            directory = os.path.dirname(directory)
        for path in reversed(missing):
            os.mkdir(path, 0o755)
            self._directories.append(path)

    def _make_devices(self) -> None:
        """Scriptlets redirect to /dev/null; where device nodes are not permitted a file that is removed must do."""
        directory = paths.resolve(self.newroot, "/dev")
        self._make_directory(directory)
        for name, number in DEVICES.items():
            path = os.path.join(directory, name)
            if name == "null" and os.path.isfile(path):
                os.unlink(path)
            if os.path.lexists(path):
                continue
            if make_device(path, os.makedev(*number)):
                self._devices.append(path)
            elif name == "null":
                open(path, "wb").close()
                os.chmod(path, 0o666)
                self._devices.append(path)

    def _cache_libraries(self) -> None:
        """The loader's default directories need not be where the libraries are: a cache tells it, as on the builder."""
        if not self._links or not os.path.isfile(LDCONFIG):
            return
        self._make_directory(paths.resolve(self.newroot, "/etc"))
        configuration = self.newroot + FAKEROOT + "/ld.so.conf"
        with open(configuration, "w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in (*CACHED_DIRECTORIES, "include /etc/ld.so.conf"))
        process.checked([LDCONFIG, "-X", "-r", self.newroot, "-f", FAKEROOT + "/ld.so.conf"])

    def _return(self) -> None:
        for link in self._links:
            if os.path.islink(link) and os.readlink(link).startswith(FAKEROOT + "/"):
                os.unlink(link)
        for device in self._devices:
            if os.path.lexists(device):
                os.unlink(device)
        shutil.rmtree(self.newroot + FAKEROOT, ignore_errors=True)
        self._restore_cache()
        owned = installed.owned_paths(self.newroot) if self._directories else set()
        for directory in reversed(self._directories):
            if directory not in owned and os.path.isdir(directory) and not os.listdir(directory):
                os.rmdir(directory)

    def _restore_cache(self) -> None:
        """A newroot with ldconfig writes its cache anew after this; another one gets back what it had."""
        cache = paths.resolve(self.newroot, CACHE)
        if self._cache is not None:
            with open(cache, "wb") as file:
                file.write(self._cache)
        elif os.path.lexists(cache):
            os.unlink(cache)


def lent_environment(newroot: str) -> Dict[str, str]:
    """What rpm has to hand to scriptlets so that lent programs find their libraries."""
    return {"LD_LIBRARY_PATH": FOREIGN_LIBRARIES} if architecture.is_foreign(newroot) else {}


def assert_nothing_lent(newroot: str) -> None:
    """Raises CommandError if lent tools are still there: a command was killed half-way, which is not to be built on."""
    place = newroot.rstrip("/") + FAKEROOT
    if os.path.lexists(place):
        raise CommandError(f"{place} still exists: an install was cut short; build again from a fresh newroot")


def read_bytes(path: str) -> Optional[bytes]:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def make_device(path: str, number: int) -> bool:
    """Makes a character device that can be opened; False where the build does not permit it."""
    try:
        os.mknod(path, 0o666 | stat.S_IFCHR, number)
    except OSError:
        return False
    try:
        os.chmod(path, 0o666)
        os.close(os.open(path, os.O_WRONLY | os.O_NOCTTY))
        return True
    except OSError:
        if path.endswith("/tty"):
            return True
        os.unlink(path)
        return False


def shebang(path: str) -> Optional[str]:
    """The interpreter of a script."""
    with open(path, "rb") as file:
        line = file.readline(256)
    words = line[2:].split() if line.startswith(b"#!") else []
    return os.fsdecode(words[0]) if words else None
