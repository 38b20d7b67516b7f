"""What one build keeps about its installs, in the builder and never in the newroot."""
from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Iterable, List, Set, Tuple

from newroot.errors import CommandError, UsageError
from newroot.paths import is_mounted

if TYPE_CHECKING:
    from newroot.repository import RpmFile

PACKAGES = "/tmp/packages"
"""`NAME` is the package list that `cleanup NAME` writes, `rpms.tsv` what a lock is made from."""
LOCK = f"{PACKAGES}/rpms.tsv"
DEPENDENCIES = "/var/lib/newroot/dependencies"
REGISTERED = "/var/lib/newroot/registered"
DOWNLOADS = "/var/lib/newroot/downloads"


def installed(files: List[RpmFile]) -> None:
    """Appends each RPM's NEVRA, sha256 and origin to the lock record, tab-separated."""
    make_packages()
    with open(LOCK, "a", encoding="utf-8") as lock:
        lock.writelines(f"{file.nevra}\t{file.sha256}\t{file.location}\n" for file in files)


def package_list(name: str, packages: List[str]) -> None:
    """Writes the package list of a finished newroot."""
    make_packages()
    path = os.path.join(PACKAGES, name)
    if os.path.islink(path):
        os.unlink(path)
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(f"{package}\n" for package in packages)


def reject_name(name: str) -> None:
    """Raises UsageError for the name of a package list that is already another file's."""
    if os.path.join(PACKAGES, name) == LOCK:
        raise UsageError(f"{name} is the name of another file in {PACKAGES}: take another one")


def make_packages() -> None:
    if os.path.islink(PACKAGES):
        raise CommandError(f"{PACKAGES} is a link: delete it, a directory is made in its place")
    os.makedirs(PACKAGES, exist_ok=True)


def remember_downloads(directory: str, paths: Iterable[str]) -> None:
    """Makes the directory if need be, and notes what is not there yet of it and of the paths to be downloaded to."""
    fresh = {path for path in (directory, *paths) if not os.path.lexists(path)}
    os.makedirs(directory, exist_ok=True)
    note(DOWNLOADS, directory, fresh - noted(DOWNLOADS, directory))


def remove_downloads(directory: str) -> None:
    """Deletes what commands downloaded to the directory, and itself when they made it and nothing else is in it.

    A directory that is mounted is shared with other builds and stays as it is.
    """
    if is_mounted(directory):
        return
    downloads = noted(DOWNLOADS, directory)
    for path in downloads - {directory}:
        if os.path.isfile(path):
            os.unlink(path)
    if directory in downloads and os.path.isdir(directory) and not os.listdir(directory):
        os.rmdir(directory)
    strike(DOWNLOADS, directory, downloads)


def remember_dependencies(root: str, names: Iterable[str]) -> None:
    """Notes packages that were installed only because others require them: `remove_package` may drop them."""
    note(DEPENDENCIES, root, names)


def forget(root: str, names: Iterable[str]) -> None:
    """Strikes out packages that the recipe itself names: they are no mere dependencies any more."""
    strike(DEPENDENCIES, root, names)


def dependencies(root: str) -> Set[str]:
    """Names noted by `remember_dependencies` for this root."""
    return noted(DEPENDENCIES, root)


def remember_registered(root: str, names: Iterable[str]) -> None:
    """Notes packages that only have an entry in the database: their files are there only as far as others put them."""
    note(REGISTERED, root, names)


def forget_registered(root: str, names: Iterable[str]) -> None:
    """Strikes out packages that are installed after all."""
    strike(REGISTERED, root, names)


def registered(root: str) -> Set[str]:
    """Names noted by `remember_registered` for this root."""
    return noted(REGISTERED, root)


def forget_all() -> None:
    """Deletes all notes, where the builder itself is what was built."""
    shutil.rmtree(os.path.dirname(DEPENDENCIES), ignore_errors=True)


def note(file: str, root: str, names: Iterable[str]) -> None:
    os.makedirs(os.path.dirname(file), exist_ok=True)
    with open(file, "a", encoding="utf-8") as notes:
        notes.writelines(f"{root}\t{name}\n" for name in sorted(names))


def strike(file: str, root: str, names: Iterable[str]) -> None:
    struck = {(root, name) for name in names}
    entries = read_notes(file)
    kept = [entry for entry in entries if entry not in struck]
    if kept != entries:
        with open(file, "w", encoding="utf-8") as notes:
            notes.writelines(f"{place}\t{name}\n" for place, name in kept)


def noted(file: str, root: str) -> Set[str]:
    return {name for place, name in read_notes(file) if place == root}


def read_notes(file: str) -> List[Tuple[str, str]]:
    try:
        with open(file, encoding="utf-8") as notes:
            return [tuple(line.rstrip("\n").split("\t", 1)) for line in notes]
    except FileNotFoundError:
        return []
