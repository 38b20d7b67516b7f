"""The commands for single files: taken out of their package, or put into the newroot by other means."""
from __future__ import annotations

import fnmatch
import os
import shutil
import tempfile
from typing import Dict, List, NamedTuple

from newroot import elf, environment, installed, paths, process, transaction
from newroot.cli import note
from newroot.closure import add_libraries, preferences, rank
from newroot.environment import Settings
from newroot.errors import CommandError, UsageError
from newroot.loader import Loader
from newroot.repository import Repository

MERGED_PLACES = ("/bin/", "/sbin/", "/lib/", "/lib64/")
COPIED_WITH = ("/etc", "/usr/share/doc", "/usr/share/man", "/usr/share/licenses")


class Found(NamedTuple):
    """A file of the repositories: the package that has it, and its path there."""

    package: object
    path: str


def install_binary(words: List[str]) -> None:
    """Single files with the libraries that they need; their packages are registered but not installed."""
    if not words:
        raise UsageError("needs at least one absolute path")
    reject_relative(words)
    settings = environment.settings()
    found = locate_all(settings, words)
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
                    copy_file(settings.newroot, tree, place, places)
                copy_companions(settings.newroot, tree)
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
        file = elf.read(paths.resolve(settings.newroot, place))
        for name in loader.missing(place) if file else []:
            suffix = "()(64bit)" if file.bits == 64 else ""
            needs.setdefault(os.path.basename(name) + suffix, place)
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
    """The files that a path or glob means, all from the best package that has any."""
    forms = spellings(word)
    candidates = repository.available().filterm(file__glob=forms).latest()
    for package in sorted(candidates, key=lambda package: rank(package, preferred)):
        hits = [path for form in forms for path in sorted(package.files) if fnmatch.fnmatchcase(path, form)]
        if hits:
            return [Found(str(package), path) for path in dict.fromkeys(hits)]
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


def copy_file(newroot: str, tree: str, place: str, places: List[str]) -> None:
    """Copies one unpacked file with mode (setuid included) and capabilities; its owner becomes root.

    Of a link that leads to another of the wanted `places` the link is copied, of any other what it leads to.
    """
    source = paths.resolve(tree, place)
    target = paths.resolve_parent(newroot, place)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if os.path.islink(target):
        os.unlink(target)
    link = paths.resolve_parent(tree, place)
    if source != link and any(paths.resolve_parent(tree, other) == source for other in places):
        os.symlink(os.readlink(link), target)
        return
    if not os.path.isfile(source):
        raise CommandError(f"{place} leads to {paths.inside(tree, source)}, which its package does not have")
    shutil.copy2(source, target)
    os.chown(target, 0, 0)
    os.chmod(target, os.stat(source).st_mode & 0o7777)
    for name in os.listxattr(source):
        os.setxattr(target, name, os.getxattr(source, name))


def copy_companions(newroot: str, tree: str) -> None:
    """The package's configuration and licences come along; what the newroot has already stays as it is."""
    for place in COPIED_WITH:
        source = paths.resolve(tree, place)
        if os.path.isdir(source):
            target = paths.resolve(newroot, place)
            os.makedirs(target, exist_ok=True)
            result = process.run(["cp", "-an", source + "/.", target])
            if result.returncode != 0:
                note(f"not all of {place} was copied: {result.stderr.strip()}")


def is_really_there(newroot: str, place: str) -> bool:
    return os.path.isfile(paths.resolve(newroot, place))


def inside_newroot(newroot: str, word: str) -> str:
    """Paths may be given from the builder's view or from inside."""
    return word[len(newroot):] if newroot != "/" and word.startswith(newroot + "/") else word


def reject_relative(words: List[str]) -> None:
    for word in words:
        if not word.startswith("/"):
            raise UsageError(f"{word!r} is not an absolute path")
