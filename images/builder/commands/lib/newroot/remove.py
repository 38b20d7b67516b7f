"""Removing packages, and what was installed only for them."""
from __future__ import annotations

import re
from collections import defaultdict
from typing import Dict, List, NamedTuple, Set

from newroot import base, environment, installed, labels, process, record, transaction
from newroot.cli import note
from newroot.errors import UsageError

MERGED = re.compile(r"^(?:/usr)?(/s?bin/|/lib(?:64)?/)")
"""/bin/sh and /usr/bin/sh are the same file, whichever of them a package lists."""
FLAGS = ("true", "false")
KEY = "gpg-pubkey"


class Removal(NamedTuple):
    """The arguments of remove_package."""

    words: List[str]
    justdb: bool


def remove_package(words: List[str]) -> None:
    """Erases packages without regard to dependants, then dependencies of theirs that nothing needs any more."""
    removal = parse(words)
    root = environment.settings().newroot
    with base.remarks(root):
        present = named(root, removal.words)
        if not present:
            return
        erase(root, present, removal.justdb)
        unneeded = unneeded_packages(root, record.dependencies(root))
        if unneeded:
            erase(root, [package for package in installed.entries(root) if package.name in unneeded], justdb=False)


def parse(words: List[str]) -> Removal:
    """Packages in any number of words; `true` or `false` as the last one says whether only the database changes."""
    names = [name for word in words for name in word.split()]
    justdb = names[-1:] == ["true"]
    if names and names[-1] in FLAGS:
        names.pop()
    misplaced = [name for name in names if name in FLAGS]
    if misplaced:
        raise UsageError(f"{misplaced[0]!r} can only be the last argument")
    if not names:
        raise UsageError("needs at least one package")
    labels.reject_groups(names)
    return Removal(list(dict.fromkeys(names)), justdb)


def named(root: str, words: List[str]) -> List[installed.Package]:
    """The installed packages that the words mean, in all their versions; what means none is remarked upon.

    No glob means a signing key, which rpm lists among the packages.
    """
    entries = installed.entries(root)
    found: Dict[installed.Package, None] = {}
    for word in words:
        meant = labels.matching(word, [one for one in entries if one.name != KEY or not labels.is_glob(word)])
        if not meant:
            owners = process.run(["rpm", "--root", root, "-q", "--whatprovides", "--qf", "%{NAME}\n", word])
            hint = f"; it is provided by {' '.join(owners.stdout.split())}" if owners.returncode == 0 else ""
            note(f"{word} is not installed{hint}")
        found.update(dict.fromkeys(meant))
    return list(found)


def erase(root: str, packages: List[installed.Package], justdb: bool) -> None:
    transaction.erase(root, packages, justdb)
    print("removed " + " ".join(map(str, packages)) + (" from the database" if justdb else ""))


def unneeded_packages(root: str, dependencies: Set[str]) -> Set[str]:
    """Those of the recorded dependencies that no package outside of them needs, directly or through others.

    One walk over the installed packages' requirements: it ends by construction.
    """
    providers: Dict[str, Set[str]] = defaultdict(set)
    for tag in ("PROVIDES", "FILENAMES"):
        for name, value in installed.pairs(root, tag):
            providers[value].add(name)
    requires: Dict[str, Set[str]] = defaultdict(set)
    for name, requirement in installed.pairs(root, "REQUIRES"):
        for capability in capabilities(requirement):
            requires[name] |= providers.get(capability, set())
    everything = installed.names(root)
    pending = list(everything - dependencies)
    needed = set(pending)
    while pending:
        for name in requires[pending.pop()] - needed:
            needed.add(name)
            pending.append(name)
    return everything - needed


def capabilities(requirement: str) -> Set[str]:
    """What may meet a requirement: of a rich one, such as `(a or b)`, anything in it; of a path, both its spellings."""
    words = {requirement}
    if requirement.startswith("("):
        for word in requirement.split():
            word = word.lstrip("(")
            # `(libx.so()(64bit) or b)`: only some of the closing brackets belong to the name.
            while word:
                words.add(word)
                if not word.endswith(")"):
                    break
                word = word[:-1]
    for word in list(words):
        words |= {MERGED.sub(prefix + r"\1", word) for prefix in ("", "/usr") if word.startswith("/")}
    return words
