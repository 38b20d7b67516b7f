"""What one build keeps about its installs, in the builder and never in the newroot."""
from __future__ import annotations

import os
from typing import Iterable, List, Set

from newroot.repository import RpmFile

PACKAGES = "/tmp/packages"
"""`NAME` is the package list that `cleanup NAME` writes, `rpms.tsv` what a lock is made from."""
LOCK = f"{PACKAGES}/rpms.tsv"
DEPENDENCIES = "/var/lib/newroot/dependencies"


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
    os.makedirs(os.path.dirname(DEPENDENCIES), exist_ok=True)
    with open(DEPENDENCIES, "a", encoding="utf-8") as file:
        file.writelines(f"{root}\t{name}\n" for name in sorted(names))


def dependencies(root: str) -> Set[str]:
    """Names noted by `remember_dependencies` for this root."""
    try:
        with open(DEPENDENCIES, encoding="utf-8") as file:
            entries = [line.rstrip("\n").split("\t", 1) for line in file]
    except FileNotFoundError:
        return set()
    return {name for place, name in entries if place == root}
