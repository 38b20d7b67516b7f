"""From the words of a command line to packages."""
from __future__ import annotations

import difflib
import os
from typing import Iterable, List, Optional

from newroot.errors import CommandError
from newroot.repository import Repository


def is_file(word: str) -> bool:
    """Whether the word is a URL or path of an RPM file, not a package of a repository."""
    return "://" in word or (word.endswith(".rpm") and ("/" in word or os.path.exists(word)))


def select(repository: Repository, words: List[str]) -> list:
    """One package for each word: the newest of that name, the NEVRA itself, or the RPM file.

    Raises CommandError for a word that names no package.
    """
    files = [word for word in words if is_file(word)]
    chosen = repository.add_files(files) if files else []
    return chosen + [find(repository, word) for word in words if not is_file(word)]


def find(repository: Repository, word: str):
    """Like `look_up`; raises CommandError for a word that names no package."""
    package = look_up(repository, word)
    if package is None:
        raise CommandError(explain_missing(repository, word))
    return package


def look_up(repository: Repository, word: str) -> Optional[object]:
    """The newest package that `word` names (name, name-version, NEVRA …, but nothing that it merely provides)."""
    if any(character in word for character in "*?["):
        return None
    found = list(repository.available().filterm(name=word))
    if not found:
        subject = repository.dnf.subject.Subject(word)
        query = subject.get_best_query(repository.base.sack, with_provides=False, with_filenames=False)
        found = list(query.available().filterm(arch=repository.arches))
    return repository.best(found) if found else None


def asks_other_version(repository: Repository, package, words: Iterable[str]) -> bool:
    """Whether the user named this version, and another one is installed. A bare name is content with any version."""
    if package.name in words or f"{package.name}.{package.arch}" in words:
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
    providers = sorted({package.name for package in repository.available().filter(provides=word)})
    if providers:
        hints.append(f"{word} is provided by {', '.join(providers[:5])}")
    near = difflib.get_close_matches(word, {package.name for package in repository.available()}, n=3)
    if near:
        hints.append(f"nearest names: {', '.join(near)}")
    repos = ", ".join(sorted(repo.id for repo in repository.base.repos.iter_enabled()))
    return f"there is no package {word} in {repos}" + "".join(f"; {hint}" for hint in hints)


def with_companions(repository: Repository, words: List[str]) -> List[str]:
    """`bash` brings the terminal descriptions, which no library requirement shows."""
    if "bash" in words and "ncurses-base" not in words and repository.available().filter(name="ncurses-base"):
        return [*words, "ncurses-base"]
    return words
