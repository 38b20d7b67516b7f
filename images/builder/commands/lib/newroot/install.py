"""The commands that put packages into the newroot."""
from __future__ import annotations

import os
from typing import List, NamedTuple, Optional, Set

from newroot import environment, installed, labels, record, transaction
from newroot.cli import note
from newroot.closure import add_libraries
from newroot.environment import Settings
from newroot.errors import CommandError, UsageError
from newroot.repository import Repository, one_line
from newroot.selection import asks_other_version, explain_missing, is_file, look_up, select, with_companions


COMMAND_LINE = "@commandline"
"""Where dnf files the packages that are given as paths or URLs."""


class CleanInstall(NamedTuple):
    """The arguments of clean_install."""

    words: List[str]
    shallow: bool = False
    justdb: bool = False
    force: bool = False
    extract_dir: Optional[str] = None


def install_rpm(words: List[str]) -> None:
    """Whole packages and the libraries that they are linked with, without any other dependency."""
    words = [name for word in words for name in word.split()]
    if not words:
        raise UsageError("needs at least one package")
    labels.reject_groups(words)
    settings = environment.settings()
    with Repository(settings) as repository:
        named = select(repository, with_companions(repository, words))
        chosen = absent(repository, named, words)
        if chosen:
            transaction.install(settings, repository.download(add_libraries(repository, chosen, {})))
        record.forget(settings.newroot, {package.name for package in named})


def clean_install(words: List[str]) -> None:
    """Packages with all their dependencies, or in its shallow form just the packages or their database entries."""
    request = parse_clean_install(words)
    labels.reject_groups(request.words)
    settings = environment.settings()
    if request.shallow:
        with Repository(settings) as repository:
            install_alone(settings, repository, request)
    else:
        install_with_dependencies(settings, request.words)


def parse_clean_install(words: List[str]) -> CleanInstall:
    """The forms `"A B C"`, `A B C` and `PKGS SHALLOW [JUSTDB [FORCE [EXTRACT_DIR]]]`; only the word `true` is true."""
    if len(words) < 2 or words[1] not in ("true", "false"):
        names = [name for word in words for name in word.split()]
        if not names:
            raise UsageError("needs at least one package")
        return CleanInstall(names)
    if len(words) > 5:
        raise UsageError(f"{words[5]!r} is one argument too many after true or false")
    wrong = [word for word in words[1:4] if word not in ("true", "false", "")]
    if wrong:
        raise UsageError(f"{wrong[0]!r} stands where only true or false can")
    if not words[0].split():
        raise UsageError("needs at least one package")
    if words[4:] and words[4] and not words[4].startswith("/"):
        raise UsageError(f"EXTRACT_DIR is {words[4]!r}; it must be an absolute path")
    shallow, justdb, force = (word == "true" for word in [*words[1:4], "", ""][:3])
    return CleanInstall(words[0].split(), shallow, justdb, force, words[4] if len(words) == 5 else None)


def install_alone(settings: Settings, repository: Repository, request: CleanInstall) -> None:
    """The shallow form: what is installed already stays, registered packages get their files if they are wanted."""
    words = request.words if request.justdb else with_companions(repository, request.words)
    chosen = select(repository, words)
    fresh = (unregistered if request.justdb else absent)(repository, chosen, words)
    unpacks = request.force and not os.path.isdir(request.extract_dir or settings.newroot)
    if request.force and request.extract_dir and not unpacks:
        note(f"{request.extract_dir} is there already: nothing is unpacked")
    files = repository.download(chosen if unpacks else fresh)
    transaction.install(settings, [file for file in files if file.name in {p.name for p in fresh}], request.justdb)
    if unpacks:
        transaction.unpack(files, request.extract_dir)
    record.forget(settings.newroot, {package.name for package in chosen})


def install_with_dependencies(settings: Settings, words: List[str]) -> None:
    """dnf resolves, one rpm transaction installs.

    dnf takes packages that are only registered for installed; libraries that they lack are added. Words and
    requirements that mean files outside /etc and the bin directories need the file lists, which are loaded only then.
    """
    error: Optional[Exception] = None
    for filelists in (False, True):
        if isinstance(error, CommandError) and not any(word.startswith("/") for word in words):
            raise error
        with Repository(settings, filelists) as repository:
            error = resolve(repository, with_companions(repository, words))
            if error is None:
                packages = list(repository.base.transaction.install_set) if repository.base.transaction else []
                dependencies, named = dependencies_of(repository), named_by(repository, words)
                transaction.install(settings, repository.download(add_libraries(repository, packages, {})))
                record.forget(settings.newroot, named)
                record.remember_dependencies(settings.newroot, dependencies)
                return
    if isinstance(error, CommandError):
        raise error
    raise CommandError(f"cannot install {' '.join(words)}: {one_line(error)}")


def resolve(repository: Repository, words: List[str]) -> Optional[Exception]:
    """Runs dnf's solver; returns its error or that of a word without package, None when there is a solution."""
    base = repository.base
    files = repository.add_files([word for word in words if is_file(word)])
    for package in files:
        base.package_install(package)
    try:
        for word in words:
            if not is_file(word):
                mark(repository, word, words)
    except CommandError as error:
        return error
    try:
        base.resolve()
        return None
    except repository.dnf.exceptions.DepsolveError as error:
        return error


def mark(repository: Repository, word: str, words: List[str]) -> None:
    """Marks what one word names for dnf's solver: packages, or whatever dnf itself finds to provide it."""
    base = repository.base
    packages = look_up(repository, word)
    try:
        for package in packages:
            if is_registered_only(repository, package.name):
                replace(repository, package)
            elif asks_other_version(repository, package, words):
                base.package_install(package)
            else:
                form = labels.form_of(word, package)
                base.install(labels.spell(form, package) if form in labels.NAMES else str(package))
        if not packages:
            base.install(word)
    except repository.dnf.exceptions.MarkingError as error:
        raise CommandError(explain_missing(repository, word)) from error


def replace(repository: Repository, package) -> None:
    """Marks a package that is only registered for a real installation."""
    note(f"{package.name} is registered but its files are not there: installing it")
    if repository.installed().filter(name=package.name, evr=package.evr):
        repository.base.reinstall(str(package))
    else:
        repository.base.package_install(package)


def is_registered_only(repository: Repository, name: str) -> bool:
    """Whether the newroot's database has the package but the newroot lacks its files."""
    return bool(repository.installed().filter(name=name)) and not installed.is_whole(repository.settings.newroot, name)


def named_by(repository: Repository, words: List[str]) -> Set[str]:
    """Names of the installed packages that the words name in any way: none of them is a mere dependency any more."""
    names = set()
    for word in words:
        names.update(package.name for package in ([] if is_file(word) else look_up(repository, word)))
        for query in ({"name__glob": word}, {"provides": word}, {"file": word}):
            names.update(package.name for package in repository.installed().filter(**query))
    files = repository.base.sack.query().filter(reponame=COMMAND_LINE)
    return names | {package.name for package in files}


def dependencies_of(repository: Repository) -> List[str]:
    """Names of the resolved transaction's packages that nobody asked for."""
    import libdnf.transaction

    wanted_by_others = libdnf.transaction.TransactionItemReason_DEPENDENCY
    return [
        item.pkg.name for item in repository.base.transaction or []
        if item.reason == wanted_by_others and item.action == libdnf.transaction.TransactionItemAction_INSTALL
    ]


def absent(repository: Repository, packages: list, words: List[str]) -> list:
    """Those that the newroot lacks, in whole or but for their database entry, or has in another version than named."""
    newroot = repository.settings.newroot
    known = {package.name for package in repository.installed()}
    missing = []
    for package in packages:
        if package.name not in known or asks_other_version(repository, package, words):
            missing.append(package)
        elif not installed.is_whole(newroot, package.name):
            note(f"{package.name} is registered but its files are not there: installing it")
            missing.append(package)
        else:
            note(f"{package.name} is installed already")
    return missing


def unregistered(repository: Repository, packages: list, words: List[str]) -> list:
    """Those whose entry the newroot's database lacks; raises CommandError where files of another version are there."""
    missing = []
    for package in packages:
        if asks_other_version(repository, package, words):
            if not is_registered_only(repository, package.name):
                raise CommandError(f"another version of {package.name} is installed: {package} cannot be just registered")
            missing.append(package)
        elif not repository.installed().filter(name=package.name):
            missing.append(package)
    return missing
