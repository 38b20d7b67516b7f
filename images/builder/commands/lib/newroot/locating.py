"""From the paths and globs of a command line to files of the repositories."""
from __future__ import annotations

import fnmatch
import os
import re
from collections import defaultdict
from typing import Dict, List, NamedTuple

from newroot import labels
from newroot.closure import preferences, rank
from newroot.environment import Settings
from newroot.errors import CommandError
from newroot.repository import Repository

MERGED_PLACES = ("/bin/", "/sbin/", "/lib/", "/lib64/")


class Found(NamedTuple):
    """A file of the repositories: the package (NEVRA) that has it, and its path there."""

    package: str
    path: str
    by_glob: bool


def locate_all(settings: Settings, words: List[str]) -> List[Found]:
    """Which packages have the files. Primary metadata knows /etc and the bin directories; file lists the rest."""
    found: Dict[str, List[Found]] = {}
    for filelists in (False, True):
        open_words = [word for word in words if word not in found]
        if not open_words:
            break
        with Repository(settings, filelists) as repository:
            preferred = preferences(repository)
            for word in open_words:
                if labels.is_glob(word) and not filelists and not is_all_in_primary(word):
                    continue
                hits = (locate_matching if labels.is_glob(word) else locate)(repository, word, preferred)
                if hits:
                    found[word] = hits
    missing = [word for word in words if word not in found]
    if missing:
        braces = " (of globs * ? [ ] are taken: write out what is in braces)" if "{" in "".join(missing) else ""
        raise CommandError("; ".join(f"no package has the file {word}" for word in missing) + braces)
    return list(dict.fromkeys(file for word in words for file in found[word]))


def is_all_in_primary(pattern: str) -> bool:
    """Whether whatever a glob can match is in primary metadata, by createrepo's rule."""
    fixed = re.split(r"[*?[]", pattern)[0]
    return fixed.startswith("/etc/") or "bin/" in fixed


def locate(repository: Repository, word: str, preferred: list) -> List[Found]:
    """The file that a path means, in the first spelling that the best package has."""
    forms = spellings(word)
    for package in candidates(repository, {"file": forms}, preferred):
        for form in forms:
            if form in package.files:
                return [Found(str(package), form, by_glob=False)]
    return []


def locate_matching(repository: Repository, pattern: str, preferred: list) -> List[Found]:
    """All files that a glob matches, each of the best package that has it.

    As in a shell, no wildcard matches a slash or a leading dot.
    """
    forms = [form.split("/") for form in spellings(pattern)]
    found: Dict[str, Found] = {}
    for package in candidates(repository, {"file__glob": spellings(pattern)}, preferred):
        for path in sorted(package.files):
            if any(matches(path.split("/"), form) for form in forms):
                found.setdefault(spellings(path)[0], Found(str(package), path, by_glob=True))
    return list(found.values())


def matches(path: List[str], pattern: List[str]) -> bool:
    return len(path) == len(pattern) and all(
        fnmatch.fnmatchcase(part, form) and (form.startswith(".") or not part.startswith("."))
        for part, form in zip(path, pattern)
    )


def candidates(repository: Repository, query: dict, preferred: list) -> list:
    """The packages that a query finds, each at its best version, the most wanted first."""
    by_name = defaultdict(list)
    for package in repository.available().filterm(**query):
        by_name[package.name].append(package)
    return sorted(map(repository.best, by_name.values()), key=lambda package: rank(package, preferred))


def spellings(word: str) -> List[str]:
    """The path as given, with and without /usr, and where it leads on the builder (alternatives are links)."""
    forms = [word]
    if word.startswith(MERGED_PLACES):
        forms.insert(0, "/usr" + word)
    if word.startswith(tuple("/usr" + place for place in MERGED_PLACES)):
        forms.append(word[len("/usr"):])
    return list(dict.fromkeys([*forms, os.path.realpath(word)]))
