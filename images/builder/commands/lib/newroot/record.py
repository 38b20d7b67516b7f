"""What one build keeps about its installs, in the builder and never in the newroot."""
from __future__ import annotations

import os
import shutil
from typing import Iterable, List, Set, Tuple

from newroot.repository import RpmFile

PACKAGES = "/tmp/packages"
"""`NAME` is the package list that `cleanup NAME` writes, `rpms.tsv` what a lock is made from."""
LOCK = f"{PACKAGES}/rpms.tsv"
DEPENDENCIES = "/var/lib/newroot/dependencies"
REGISTERED = "/var/lib/newroot/registered"


def installed(files: List[RpmFile]) -> None:
    """Appends each RPM's NEVRA, sha256 and origin to the lock record, tab-separated."""
    os.makedirs(PACKAGES, exist_ok=True)
    with open(LOCK, "a", encoding="utf-8") as lock:
        lock.writelines(f"{file.nevra}\t{file.sha256}\t{file.location}\n" for file in files)


def package_list(name: str, packages: List[str]) -> None:
    """Writes the package list of a finished newroot."""
    os.makedirs(PACKAGES, exist_ok=True)
    with open(os.path.join(PACKAGES, name), "w", encoding="utf-8") as file:
        file.writelines(f"{package}\n" for package in packages)


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
