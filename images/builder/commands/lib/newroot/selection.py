"""From the words of a command line to packages."""
from __future__ import annotations

import difflib
import os
from typing import Dict, Iterable, List

from newroot import labels
from newroot.errors import CommandError
from newroot.repository import Repository


def is_file(word: str) -> bool:
    """Whether the word is a URL or path of an RPM file, not a package of a repository."""
    return "://" in word or (word.endswith(".rpm") and ("/" in word or os.path.exists(word)))


def select(repository: Repository, words: List[str]) -> list:
    """The packages that words name, each once: RPM files, and what `find` finds.

    A word that names a version decides over one that does not. Raises CommandError for a word that names no package,
    and for two versions of one package.
    """
    files = [word for word in words if is_file(word)]
    chosen: Dict[str, object] = {}
    for package in repository.add_files(files) if files else []:
        add(chosen, package, words)
    for word in words:
        for package in [] if is_file(word) else find(repository, word):
            add(chosen, package, words)
    return list(chosen.values())


def add(chosen: Dict[str, object], package, words: List[str]) -> None:
    """Adds a package unless another version of it decides."""
    other = chosen.setdefault(package.name, package)
    if other.evr == package.evr or not is_version_named(package, words):
        return
    if is_version_named(other, words):
        raise CommandError(f"{other} and {package} are two versions of one package: name one of them")
    chosen[package.name] = package


def find(repository: Repository, word: str) -> list:
    """Like `look_up`; raises CommandError for a word that names no package."""
    packages = look_up(repository, word)
    if not packages:
        raise CommandError(explain_missing(repository, word))
    return packages


def look_up(repository: Repository, word: str) -> list:
    """The newest package that `word` names, of each name that a glob matches (but nothing that is merely provided)."""
    query = repository.available()
    if not labels.is_glob(word):
        query = query.filterm(name=labels.possible_names(word))
    by_name: Dict[str, list] = {}
    for package in labels.matching(word, query):
        by_name.setdefault(package.name, []).append(package)
    return [repository.best(packages) for _name, packages in sorted(by_name.items())]


def is_version_named(package, words: Iterable[str]) -> bool:
    """Whether the user named just this version: in a word, or by way of an RPM file."""
    return package._from_cmdline or any(labels.says_version(word, package) for word in words)


def asks_other_version(repository: Repository, package, words: Iterable[str]) -> bool:
    """Whether the user named this version, and another one is installed. A bare name is content with any version."""
    if not is_version_named(package, words):
        return False
    same_name = repository.installed().filter(name=package.name)
    return bool(same_name) and not same_name.filter(evr=package.evr)


def explain_missing(repository: Repository, word: str) -> str:
    """Says that there is no such package, and what the user may have meant."""
    everything = repository.base.sack.query().available()
    hints = []
    foreign = sorted({package.arch for package in everything.filter(name=word)})
    if foreign:
        hints.append(f"it exists for {', '.join(foreign)} only, this is {repository.arches[0]}")
    meanings = [{"provides": word}, *([{"file": word}] if word.startswith("/") else [])]
    providers = sorted({package.name for meant in meanings for package in repository.available().filter(**meant)})
    if providers:
        hints.append(f"{word} is provided by {', '.join(providers[:5])}")
    if word.startswith("/"):
        hints.append("install_binary takes single files")
    near = difflib.get_close_matches(word, {package.name for package in repository.available()}, n=3)
    if near:
        hints.append(f"nearest names: {', '.join(near)}")
    repos = ", ".join(sorted(repo.id for repo in repository.base.repos.iter_enabled()))
    return f"there is no package {word} in {repos}" + "".join(f"; {hint}" for hint in hints)


def with_companions(repository: Repository, words: List[str]) -> List[str]:
    """`bash` brings the terminal descriptions, which no library requirement shows."""
    shells = repository.available().filter(name="bash")
    if "ncurses-base" in words or not any(labels.form_of(word, shell) for shell in shells for word in words):
        return words
    return [*words, "ncurses-base"] if repository.available().filter(name="ncurses-base") else words
