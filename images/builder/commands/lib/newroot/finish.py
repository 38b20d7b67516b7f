"""The commands that end a recipe: cleaning up and proving the result."""
from __future__ import annotations

import os
import re
import sys
from typing import List

from newroot import base, canonical, cleaning, dated, environment, installed, interpreters, record, validation
from newroot.cli import note
from newroot.environment import Settings
from newroot.errors import CommandError, UsageError
from newroot.lending import assert_nothing_lent


def cleanup(words: List[str]) -> None:
    """Removes what the build left, writes the package list, and makes the newroot independent of when it was made."""
    if len(words) != 1 or not re.fullmatch(r"[\w+-][\w.+-]*", words[0]):
        raise UsageError("needs one name, made of letters, digits and . _ + -, and no dot first")
    record.reject_name(words[0])
    epoch = environment.epoch()
    settings = environment.settings()
    root = settings.newroot
    assert_nothing_lent(root)
    cleaning.remove_unnecessary(root, environment.unnecessary_files())
    cleaning.clean_docs(root)
    dead = cleaning.remove_dead_alternatives(root)
    if dead:
        note(f"links of alternatives that lead nowhere are removed: {' '.join(dead)}")
    clean_caches(settings)
    cleaning.remove_leftovers(root)
    absent = installed.partial_packages(root, record.registered(root))
    if root == "/":
        record.forget_all()
    packages = installed.packages(root)
    record.package_list(words[0], packages)
    dated.clamp_dates(root, epoch)
    canonical.rewrite_database(root, epoch, absent)
    canonical.clamp_times(root, epoch)
    base.remark(root, base.gone(root))
    print(f"---- packages of {words[0]}", *packages, "----", sep="\n")


def clean_docs(words: List[str]) -> None:
    """Deletes documentation of the newroot, licences excepted."""
    reject_arguments(words)
    cleaning.clean_docs(environment.settings().newroot)


def clean_yum(words: List[str]) -> None:
    """Deletes the package managers' caches of the builder and the newroot."""
    reject_arguments(words)
    for root in {"/", environment.settings().newroot}:
        cleaning.clean_package_caches(root)


def clean_caches(settings: Settings) -> None:
    for root in {"/", settings.newroot}:
        cleaning.clean_package_caches(root)
    record.remove_downloads(settings.download_dir)


def validate(words: List[str]) -> None:
    """All checks, libraries first."""
    validate_libraries(words)
    validate_interpreters(words)
    validate_symlinks(words)


def validate_libraries(words: List[str]) -> None:
    """Fails when a library that some file needs would not be found at run time."""
    reject_arguments(words)
    root = environment.settings().newroot
    missing = validation.missing_libraries(root)
    for path, library in missing:
        print(f"{path}: {library} not found", file=sys.stderr)
    if missing:
        raise CommandError(f"{len(missing)} libraries are missing in {root}")
    print("libraries: all found")


def validate_interpreters(words: List[str]) -> None:
    """Fails when a script that was copied or made has no interpreter."""
    reject_arguments(words)
    root = environment.settings().newroot
    missing = interpreters.all_missing(root)
    for path, program in missing:
        print(f"{path}: its interpreter {program} not found", file=sys.stderr)
    if missing:
        raise CommandError(f"{len(missing)} interpreters are missing in {root}: install_binary brings them")
    print("interpreters: all found")


def validate_symlinks(words: List[str]) -> None:
    """Fails when a link leads nowhere, unless IGNORE_DANGLING_SYMLINKS is `true`."""
    reject_arguments(words)
    root = environment.settings().newroot
    if os.environ.get("IGNORE_DANGLING_SYMLINKS") == "true":
        print("links: not checked (IGNORE_DANGLING_SYMLINKS)")
        return
    dangling = validation.dangling_links(root)
    for path, target in dangling:
        print(f"{path} -> {target}: dangling", file=sys.stderr)
    if dangling:
        raise CommandError(f"{len(dangling)} links lead nowhere in {root}")
    print("links: all lead somewhere")


def reject_arguments(words: List[str]) -> None:
    if words:
        raise UsageError(f"takes no arguments, got {words[0]!r}")
