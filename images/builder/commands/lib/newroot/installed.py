"""What the rpm database of a root says, compared with the files that are really there."""
from __future__ import annotations

import os
import stat
from typing import Dict, List, NamedTuple, Set

from newroot import paths, process

PRIVILEGES = stat.S_ISUID | stat.S_ISGID
GHOST = 64
DOC = 2
NORMAL_STATE = 0
NOT_INSTALLED = 2
"""What `cleanup` writes for the files of a package that was only registered."""
OPTIONAL_PLACES = (
    "/usr/share/doc/", "/usr/share/man/", "/usr/share/info/", "/usr/lib/.build-id/", "/usr/lib/debug/.build-id/",
)
"""Where `cleanup` deletes, so that absence proves nothing."""


class Package(NamedTuple):
    """One entry of the database."""

    name: str
    epoch: str
    version: str
    release: str
    arch: str

    def __str__(self) -> str:
        """As `rpm -e` takes it. Keys have no architecture."""
        return f"{self.name}-{self.version}-{self.release}" + ("" if self.arch == "(none)" else f".{self.arch}")


class OwnedFile(NamedTuple):
    """One entry of a package's file list."""

    path: str
    flags: int
    mode: int
    state: int


def query(root: str, *arguments: str) -> str:
    """Output of `rpm -q` on the root's database."""
    return process.checked(["rpm", "--root", root, "-q", *arguments])


def packages(root: str) -> List[str]:
    """All installed packages as name-version-release.arch, sorted by bytes."""
    return sorted(query(root, "-a").split())


def entries(root: str) -> List[Package]:
    """All installed packages, those of one name together."""
    listing = query(root, "-a", "--qf", "%{NAME}\t%{EPOCHNUM}\t%{VERSION}\t%{RELEASE}\t%{ARCH}\n")
    return sorted(Package(*line.split("\t")) for line in listing.splitlines())


def names(root: str) -> Set[str]:
    """The names of all installed packages."""
    return set(query(root, "-a", "--qf", "%{NAME}\n").split())


def is_whole(root: str, name: str) -> bool:
    """Whether the installed package's files are there, and not only its entry in the database.

    `/etc` does not count unless it is all there is: recipes trim it, and `install_binary` copies it.
    """
    return files_are_there(root, files_of(root, name))


def files_are_there(root: str, files: List[OwnedFile]) -> bool:
    expected = [
        file.path for file in files
        if not file.flags & (GHOST | DOC) and file.state in (NORMAL_STATE, NOT_INSTALLED)
        and not stat.S_ISDIR(file.mode) and not file.path.startswith(OPTIONAL_PLACES)
    ]
    payload = [path for path in expected if not path.startswith("/etc/")]
    there = {path for path in expected if lies_in(root, path)}
    if any(not has_privileges(root, file) for file in files if file.path in there):
        return False
    return all(path in there for path in payload) and (bool(there) or not expected)


def has_privileges(root: str, file: OwnedFile) -> bool:
    """Whether the file has the setuid and setgid bits that its package gives it: a copied one has not."""
    bits = file.mode & PRIVILEGES
    return not stat.S_ISREG(file.mode) or os.lstat(paths.resolve_parent(root, file.path)).st_mode & bits == bits


def partial_packages(root: str, registered: Set[str]) -> Dict[str, Set[str]]:
    """For each of the `partial_names`: the paths of its files that are not there."""
    partial = partial_names(root, registered)
    return {name: {file.path for file in files_of(root, name) if not lies_in(root, file.path)} for name in partial}


def partial_names(root: str, registered: Set[str]) -> Set[str]:
    """Packages of which at most single files are there: the `registered` ones, and those that a parent image says so of."""
    listing = query(root, "-a", "--qf", "[%{=NAME}\t%{FILENAMES}\t%{FILEFLAGS}\t%{FILESTATES}\n]")
    partial = registered & names(root)
    for name, path, flags, state in (line.split("\t") for line in listing.splitlines()):
        if int(state) == NOT_INSTALLED and not int(flags) & DOC and not path.startswith(OPTIONAL_PLACES):
            partial.add(name)
    return partial


def files_of(root: str, name: str) -> List[OwnedFile]:
    """The file list of an installed package."""
    listing = query(root, name, "--qf", "[%{FILENAMES}\t%{FILEFLAGS}\t%{FILEMODES}\t%{FILESTATES}\n]")
    files = []
    for line in listing.splitlines():
        path, flags, mode, state = line.rsplit("\t", 3)
        files.append(OwnedFile(path, int(flags), int(mode), int(state)))
    return files


def contents(rpm_file: str) -> Dict[str, str]:
    """What an RPM file has as a file or link, each path with where it leads (a file to itself).

    No directories, and nothing that only scriptlets make.
    """
    form = "[%{FILENAMES}\t%{FILEFLAGS}\t%{FILEMODES}\t%{FILELINKTOS}\n]"
    listing = process.checked(["rpm", "-qp", "--nosignature", "--nodigest", "--qf", form, rpm_file])
    files = (line.split("\t") for line in listing.splitlines() if "\t" in line)
    return {
        path: target or path for path, flags, mode, target in files
        if not int(flags) & GHOST and not stat.S_ISDIR(int(mode))
    }


def lies_in(root: str, path: str) -> bool:
    """Whether the file or link itself is there (where a link leads does not matter)."""
    try:
        return os.path.lexists(paths.resolve_parent(root, path))
    except OSError:
        return False


def present_sonames(root: str) -> Dict[str, str]:
    """The soname capabilities provided by installed packages whose libraries are really there, each with its path."""
    libraries: Dict[str, Dict[str, str]] = {}
    for name, path in pairs(root, "FILENAMES"):
        base = os.path.basename(path)
        if ".so" in base and lies_in(root, path):
            libraries.setdefault(name, {}).setdefault(base, path)
    return {
        capability: libraries[name][capability.split("(", 1)[0]] for name, capability in pairs(root, "PROVIDES")
        if ".so" in capability and capability.split("(", 1)[0] in libraries.get(name, ())
    }


def owned_paths(root: str) -> Set[str]:
    """Builder paths of everything that a package of the root owns, links in directories followed."""
    parents: Dict[str, str] = {}
    owned = set()
    for _name, path in pairs(root, "FILENAMES"):
        parent, base = os.path.split(path)
        if parent not in parents:
            parents[parent] = paths.resolve(root, parent)
        owned.add(os.path.join(parents[parent], base))
    return owned


def pairs(root: str, tag: str) -> List[List[str]]:
    """[package name, value] for each value that each installed package has for the tag."""
    listing = query(root, "-a", "--qf", f"[%{{=NAME}}\t%{{{tag}}}\n]")
    return [line.split("\t", 1) for line in listing.splitlines() if "\t" in line]
