"""The packages that a set of packages needs to be linked: shared libraries, and nothing else."""
from __future__ import annotations

import os
import re
from typing import Dict, Iterable, List, Set

from newroot import elf, installed, paths
from newroot.errors import CommandError
from newroot.loader import Loader
from newroot.repository import Repository

SONAME = re.compile(r"[^\s()/]+\.so(\.[^\s()/]+)*(\([^()\s]*\))?(\(64bit\))?")
"""`libmnl.so.0()(64bit)` and `libc.so.6(GLIBC_2.34)(64bit)`, but not `rtld(GNU_HASH)` or a package."""


def soname_capabilities(relations: Iterable[object]) -> Set[str]:
    """The requirements among rpm's relations that the dynamic loader has."""
    return {str(relation) for relation in relations if SONAME.fullmatch(str(relation))}


def add_libraries(repository: Repository, chosen: list, needs: Dict[str, str]) -> list:
    """`chosen` and the packages whose libraries it needs, and those of these, and so on.

    `needs` are further capabilities to satisfy, each with the name of who needs it. What is provided by packages
    of the newroot whose libraries are really there counts as met, but not what those libraries lack in turn. All of
    a round is asked at once.
    Raises CommandError for a library that nobody provides.
    """
    closed = list(chosen)
    present = installed.present_sonames(repository.settings.newroot)
    loader = Loader(repository.settings.newroot)
    reached: Set[str] = set()
    met = set(present)
    preferred = preferences(repository)
    fresh = list(chosen)
    wanted = dict(needs)
    while True:
        for package in fresh:
            met |= soname_capabilities(package.provides)
        for package in fresh:
            for capability in soname_capabilities(package.requires):
                wanted.setdefault(capability, package.name)
        for path in {present[capability] for capability in wanted if capability in present} - reached:
            reached.add(path)
            for capability in missing_capabilities(loader, path):
                wanted.setdefault(capability, path)
        wanted = {capability: by for capability, by in wanted.items() if capability not in met}
        if not wanted:
            return closed
        fresh = choose_providers(repository, wanted, preferred)
        closed += fresh


def missing_capabilities(loader: Loader, path: str) -> List[str]:
    """What the file at `path` inside the newroot would not be loaded with, as packages provide it."""
    file = elf.read(paths.resolve(loader.root, path))
    suffix = "()(64bit)" if file and file.bits == 64 else ""
    return [os.path.basename(name) + suffix for name in loader.missing_closure(path)]


def choose_providers(repository: Repository, wanted: Dict[str, str], preferred: List[Set[str]]) -> list:
    """The fewest decisions that meet all of `wanted`, always the same ones for the same repositories."""
    candidates: Dict[str, list] = {}
    for package in repository.available().filterm(provides=sorted(wanted)):
        for capability in soname_capabilities(package.provides) & wanted.keys():
            candidates.setdefault(capability, []).append(package)
    picked: Dict[str, object] = {}
    for capability in sorted(wanted):
        options = candidates.get(capability)
        if not options:
            raise CommandError(f"{wanted[capability]} needs {capability}, which no package in the repositories provides")
        if any(package in picked.values() for package in options):
            continue
        best = min(options, key=lambda package: rank(package, preferred))
        newest = repository.best([package for package in options if package.name == best.name])
        picked[newest.name] = newest
    return list(picked.values())


def preferences(repository: Repository) -> List[Set[str]]:
    """Package names to take before others: those of the newroot, then those of the builder."""
    return [installed.names(repository.settings.newroot), installed.names("/")]


def rank(package, preferred: List[Set[str]]) -> tuple:
    return (*(package.name not in names for names in preferred), package.name)
