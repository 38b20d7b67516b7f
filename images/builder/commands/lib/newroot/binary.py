"""The commands for single files: taken out of their package, or put into the newroot by other means."""
from __future__ import annotations

import fnmatch
import os
import tempfile
from collections import defaultdict
from typing import Dict, List, NamedTuple

from newroot import copying, environment, installed, paths, record, transaction
from newroot.cli import note
from newroot.closure import add_libraries, missing_capabilities, preferences, rank
from newroot.environment import Settings
from newroot.errors import CommandError, UsageError
from newroot.loader import Loader
from newroot.repository import Repository
from newroot.scriptlets import package_name

MERGED_PLACES = ("/bin/", "/sbin/", "/lib/", "/lib64/")
COPIED_WITH = ("/etc", "/usr/share/doc", "/usr/share/man", "/usr/share/licenses")


class Found(NamedTuple):
    """A file of the repositories: the package (NEVRA) that has it, and its path there."""

    package: str
    path: str


def install_binary(words: List[str]) -> None:
    """Single files with the libraries that they need; their packages are registered but not installed."""
    if not words:
        raise UsageError("needs at least one absolute path")
    reject_relative(words)
    settings = environment.settings()
    found = locate_all(settings, words)
    record.forget(settings.newroot, {package_name(file.package) for file in found})
    wanted = [file for file in found if not is_really_there(settings.newroot, file.path)]
    for file in found:
        if file not in wanted:
            note(f"{file.path} is there already")
    if not wanted:
        return
    with Repository(settings) as repository:
        packages = [find_same(repository, package) for package in {file.package for file in wanted}]
        files = {file.nevra: file for file in repository.download(packages)}
        known = installed.names(settings.newroot)
        transaction.install(settings, [file for file in files.values() if file.name not in known], justdb=True)
        for nevra, file in files.items():
            with tempfile.TemporaryDirectory(prefix="newroot-unpack-") as tree:
                transaction.unpack([file], tree)
                places = [item.path for item in wanted if item.package == nevra]
                for place in places:
                    copying.copy_file(settings.newroot, tree, place, places)
                for place in COPIED_WITH:
                    copying.copy_absent(settings.newroot, tree, place)
    install_libraries(settings, [file.path for file in wanted])


def install_deps_for_binary(words: List[str]) -> None:
    """The packages of the libraries that files of the newroot need."""
    if not words:
        raise UsageError("needs at least one absolute path")
    reject_relative(words)
    settings = environment.settings()
    places = [inside_newroot(settings.newroot, word) for word in words]
    for place in places:
        if not os.path.isfile(paths.resolve(settings.newroot, place)):
            raise CommandError(f"{place} is no file in {settings.newroot}")
    install_libraries(settings, places)


def install_libraries(settings: Settings, places: List[str]) -> None:
    loader = Loader(settings.newroot)
    needs: Dict[str, str] = {}
    for place in places:
        for capability in missing_capabilities(loader, place):
            needs.setdefault(capability, place)
    if needs:
        with Repository(settings) as repository:
            transaction.install(settings, repository.download(add_libraries(repository, [], needs)))


def locate_all(settings: Settings, words: List[str]) -> List[Found]:
    """Which package has each file. Primary metadata knows /etc and the bin directories; file lists the rest."""
    found: Dict[str, List[Found]] = {}
    for filelists in (False, True):
        open_words = [word for word in words if word not in found]
        if not open_words:
            break
        with Repository(settings, filelists) as repository:
            preferred = preferences(repository)
            for word in open_words:
                hits = locate(repository, word, preferred)
                if hits:
                    found[word] = hits
    missing = [word for word in words if word not in found]
    if missing:
        raise CommandError("; ".join(f"no package has the file {word}" for word in missing))
    return list(dict.fromkeys(file for word in words for file in found[word]))


def locate(repository: Repository, word: str, preferred: list) -> List[Found]:
    """The files that a path or glob means, in the first spelling that the best package has."""
    forms = spellings(word)
    by_name = defaultdict(list)
    for package in repository.available().filterm(file__glob=forms):
        by_name[package.name].append(package)
    candidates = [repository.best(packages) for packages in by_name.values()]
    for package in sorted(candidates, key=lambda package: rank(package, preferred)):
        for form in forms:
            hits = [path for path in sorted(package.files) if fnmatch.fnmatchcase(path, form)]
            if hits:
                return [Found(str(package), path) for path in hits]
    return []


def spellings(word: str) -> List[str]:
    """The path as given, with and without /usr, and where it leads on the builder (alternatives are links)."""
    forms = [word]
    if word.startswith(MERGED_PLACES):
        forms.insert(0, "/usr" + word)
    if word.startswith(tuple("/usr" + place for place in MERGED_PLACES)):
        forms.append(word[len("/usr"):])
    return list(dict.fromkeys([*forms, os.path.realpath(word)]))


def find_same(repository: Repository, nevra: str):
    found = [package for package in repository.available() if str(package) == nevra]
    return sorted(found, key=lambda package: package.repoid)[0]


def is_really_there(newroot: str, place: str) -> bool:
    return os.path.isfile(paths.resolve(newroot, place))


def inside_newroot(newroot: str, word: str) -> str:
    """Paths may be given from the builder's view or from inside."""
    return word[len(newroot):] if newroot != "/" and word.startswith(newroot + "/") else word


def reject_relative(words: List[str]) -> None:
    for word in words:
        if not word.startswith("/"):
            raise UsageError(f"{word!r} is not an absolute path")
