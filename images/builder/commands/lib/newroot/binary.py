"""The commands for single files: taken out of their package, or put into the newroot by other means."""
from __future__ import annotations

import os
import tempfile
from typing import Dict, List

from newroot import copying, environment, installed, interpreters, paths, record, transaction
from newroot.cli import note
from newroot.closure import add_libraries, missing_capabilities
from newroot.environment import Settings
from newroot.errors import CommandError, UsageError
from newroot.loader import Loader
from newroot.locating import Found, locate_all, spellings
from newroot.repository import Repository, RpmFile
from newroot.scriptlets import package_name


def install_binary(words: List[str]) -> None:
    """Single files with the libraries and interpreters that they need; their packages are registered but not installed."""
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
        wanted = only_copyable(wanted, files)
        files = {nevra: file for nevra, file in files.items() if any(item.package == nevra for item in wanted)}
        known = installed.names(settings.newroot)
        transaction.install(settings, [file for file in files.values() if file.name not in known], justdb=True)
        for nevra, file in files.items():
            with tempfile.TemporaryDirectory(prefix="newroot-unpack-") as tree:
                transaction.unpack([file], tree)
                places = [item.path for item in wanted]
                for place in [item.path for item in wanted if item.package == nevra]:
                    copying.copy_file(settings.newroot, tree, place, places)
                for place in copying.COPIED_WITH:
                    copying.copy_absent(settings.newroot, tree, place)
    install_needs(settings, [file.path for file in wanted])


def only_copyable(wanted: List[Found], files: Dict[str, RpmFile]) -> List[Found]:
    """Leaves out what a glob matches that is no file, or a link to what neither its package has nor is wanted itself.

    Raises CommandError for a directory that is named, and when nothing is left.
    """
    contents = {nevra: installed.contents(file.path) for nevra, file in files.items()}
    places = {spellings(item.path)[0] for item in wanted}
    kept = []
    for item in wanted:
        of_package = contents[item.package]
        if item.path not in of_package:
            if not item.by_glob:
                raise CommandError(f"{item.path} is no file in {item.package}: directories are not copied")
            continue
        target = os.path.normpath(os.path.join(os.path.dirname(item.path), of_package[item.path]))
        if item.by_glob and target not in of_package and spellings(target)[0] not in places:
            note(f"{item.path} of {item.package} is left out: it leads to {target}, which the package does not have")
            continue
        kept.append(item)
    if not kept:
        raise CommandError(f"{wanted[0].path} is no file in {wanted[0].package}: directories are not copied")
    return kept


def install_deps_for_binary(words: List[str]) -> None:
    """The packages of the libraries, and the interpreters, that files of the newroot need."""
    if not words:
        raise UsageError("needs at least one absolute path")
    reject_relative(words)
    settings = environment.settings()
    places = [inside_newroot(settings.newroot, word) for word in words]
    for place in places:
        if not os.path.isfile(paths.resolve(settings.newroot, place)):
            raise CommandError(f"{place} is no file in {settings.newroot}")
    install_needs(settings, places)


def install_needs(settings: Settings, places: List[str]) -> None:
    """Libraries of programs, and interpreters of scripts with what these need."""
    install_libraries(settings, places)
    programs = [program for place in places for program in interpreters.missing(settings.newroot, place)]
    if programs:
        note(f"scripts are run by {' '.join(dict.fromkeys(programs))}")
        install_binary(list(dict.fromkeys(programs)))


def install_libraries(settings: Settings, places: List[str]) -> None:
    loader = Loader(settings.newroot)
    needs: Dict[str, str] = {}
    for place in places:
        for capability in missing_capabilities(loader, place):
            needs.setdefault(capability, place)
    if needs:
        with Repository(settings) as repository:
            transaction.install(settings, repository.download(add_libraries(repository, [], needs)))


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
