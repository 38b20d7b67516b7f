"""The ways in which rpm and dnf take a package: by name, with version, with architecture, as a glob of these."""
from __future__ import annotations

import fnmatch
import re
from typing import Iterable, List, Optional

from newroot.errors import UsageError

NAMES = ("{n}", "{n}.{a}")
VERSIONS = ("{v}", "{v}-{r}", "{v}-{r}.{a}", "{v}.{a}")
FORMS = (
    *NAMES, *(f"{{n}}-{form}" for form in VERSIONS),
    *(f"{{n}}-{{e}}:{form}" for form in VERSIONS), *(f"{{e}}:{{n}}-{form}" for form in VERSIONS),
)
"""In the order in which a word is tried: what can be a name is one, as `python3.11` or `tool-17-extra`."""
LEADING_EPOCH = re.compile(r"^[0-9]+:")


def is_glob(word: str) -> bool:
    return any(character in word for character in "*?[")


def matching(word: str, packages: Iterable[object]) -> list:
    """The packages that a word means, in the first form in which it means any.

    A package is anything with `name`, `epoch`, `version`, `release` and `arch`.
    """
    packages = list(packages)
    for form in FORMS:
        hits = [package for package in packages if fits(word, spell(form, package))]
        if hits:
            return hits
    return []


def form_of(word: str, package) -> Optional[str]:
    """The form in which the word means the package, None when it does not."""
    return next((form for form in FORMS if fits(word, spell(form, package))), None)


def says_version(word: str, package) -> bool:
    """Whether the word names this package with its version, not only by name and architecture."""
    return form_of(word, package) not in (None, *NAMES)


def possible_names(word: str) -> List[str]:
    """The names that a package meant by a word without globs can have: a name ends at a dash or dot, or nowhere."""
    stem = LEADING_EPOCH.sub("", word)
    return [stem, *(stem[:index] for index, character in enumerate(stem) if character in "-.")]


def reject_groups(words: Iterable[str]) -> None:
    """Raises UsageError for a dnf group: which packages it means changes with the repository."""
    for word in words:
        if word.startswith("@"):
            raise UsageError(f"{word} is a group, which is not taken: name its packages")


def spell(form: str, package) -> str:
    return form.format(n=package.name, e=package.epoch, v=package.version, r=package.release, a=package.arch)


def fits(word: str, spelling: str) -> bool:
    return fnmatch.fnmatchcase(spelling, word) if is_glob(word) else spelling == word
