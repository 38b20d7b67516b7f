"""Taking out of the newroot what only the build needed."""
from __future__ import annotations

import glob
import itertools
import os
import re
import shutil
import stat
from typing import Iterable, List, Set

from newroot import installed, paths
from newroot.errors import CommandError

KEPT_DOCS = re.compile(r"lice|copy|gpl|not|credits", re.IGNORECASE)
"""Licences stay in every image; so does what upstream's rule kept with them."""
DOCS = ("/usr/share/doc", "/usr/share/man")
ALTERNATIVES, ALTERNATIVE_RECORDS = "/etc/alternatives", "/var/lib/alternatives"
PACKAGE_CACHES = ("/var/cache/dnf", "/var/cache/yum")
MERGED = ("/bin", "/sbin", "/lib", "/lib64")
DATABASES = tuple(
    f"{place}/{name}" for place in ("/var/lib/rpm", "/usr/lib/sysimage/rpm")
    for name in ("rpmdb.sqlite", "rpmdb.sqlite-wal", "Packages.db", "Packages")
)
STATE = (*PACKAGE_CACHES, "/var/cache/ldconfig", "/var/lib/dnf", "/var/lib/yum")
FILES = (
    "/var/log/*.log", "/var/tmp/rpm-tmp*", "/usr/lib/.build-id", "/usr/lib/debug/.build-id",
    "/etc/machine-id", "/var/lib/dbus/machine-id", "/var/lib/systemd/random-seed", "/etc/.pwd.lock",
    "/etc/passwd-", "/etc/shadow-", "/etc/group-", "/etc/gshadow-", "/etc/subuid-", "/etc/subgid-",
)
VOLATILE = ("/run", "/tmp", "/var/log", "/var/tmp")
"""Files that lie here without belonging to a package were left behind; directories and links are made on purpose."""


def clean_docs(root: str) -> None:
    """Deletes documentation but licences and credits, and the directories that this empties."""
    for _pass in ("files", "links that the first pass broke"):
        for place in DOCS:
            for directory, _directories, names in paths.walk(root, place):
                for name in names:
                    path = os.path.join(directory, name)
                    if not KEPT_DOCS.search(name) and (is_regular(path) or is_broken(root, path)):
                        os.unlink(path)
    for place in DOCS:
        remove_empty_directories(paths.resolve(root, place))


def clean_package_caches(root: str) -> None:
    """Deletes what dnf and yum keep of repositories. A cache that is mounted is shared with other builds: it stays."""
    for place in PACKAGE_CACHES:
        empty(root, place)


def remove_leftovers(root: str) -> None:
    """Deletes state of package managers, logs, account backups, the machine's identity and temporary files."""
    owned = installed.owned_paths(root)
    for place in STATE:
        empty(root, place)
        remove_if_unowned(paths.resolve(root, place), owned)
    for pattern in FILES:
        for path in matches(root, pattern):
            remove(path)
    for place in () if root == "/" else VOLATILE:
        remove_unowned_files(root, place, owned)
    null = paths.resolve(root, "/dev/null")
    if is_regular(null):
        os.unlink(null)
    remove_unowned_bytecode(root, owned)


def remove_unnecessary(root: str, patterns: Iterable[str]) -> None:
    """Deletes the files and links that a recipe names; directories are left alone.

    Raises CommandError, with nothing deleted, when that would take the package database or the links at the top.
    """
    patterns = list(patterns)
    doomed = [
        (pattern, path) for pattern in patterns for path in matches(root, pattern)
        if (os.path.islink(path) or is_regular(path)) and not paths.is_mounted(path)
    ]
    kept = [paths.resolve(root, place) for place in DATABASES]
    for pattern, path in doomed:
        if paths.inside(root, path) in MERGED or path in kept:
            place = paths.inside(root, path)
            raise CommandError(f"CLEANUP_UNNECESSARY_FILES has {pattern}, which means {place}: no image can be without")
    for path in dict.fromkeys(path for _pattern, path in doomed):
        os.unlink(path)


def remove_dead_alternatives(root: str) -> List[str]:
    """Deletes the links of choices that lead nowhere, such as to a manual's pages or to npm; returns their paths.

    `alternatives` makes them whatever is there. Its records stay: they say what the packages asked for.
    """
    links = paths.resolve(root, ALTERNATIVES)
    found = [os.path.join(links, name) for name in sorted(os.listdir(links))] if os.path.isdir(links) else []
    for directory, _directories, names in paths.walk(root, ALTERNATIVE_RECORDS):
        for name in names:
            found += [paths.resolve_parent(root, place) for place in public_links(os.path.join(directory, name))]
    dead = [path for path in found if is_broken(root, path)]
    for path in dead:
        os.unlink(path)
    return [paths.inside(root, path) for path in dead]


def public_links(record: str) -> List[str]:
    """Where a record has its links; they stand, among their names, before the first empty line."""
    with open(record, encoding="utf-8", errors="surrogateescape") as file:
        head = itertools.takewhile(bool, file.read().splitlines())
        return [line for line in head if line.startswith("/")]


def empty(root: str, place: str) -> None:
    """Deletes all content of a directory of the root, unless it is a mount point."""
    directory = paths.resolve(root, place)
    if os.path.isdir(directory) and not paths.is_mounted(directory):
        for name in os.listdir(directory):
            remove(os.path.join(directory, name))


def remove(path: str) -> None:
    if any(place == path or place.startswith(path + "/") for place in paths.mount_points()):
        return
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path, onerror=raise_unless_gone)
    else:
        os.unlink(path)


def raise_unless_gone(_function: object, _path: str, failure: tuple) -> None:
    """The agent that gpg starts for dnf sees its directory go, and takes its sockets away itself meanwhile."""
    if not isinstance(failure[1], FileNotFoundError):
        raise failure[1]


def remove_if_unowned(directory: str, owned: Set[str]) -> None:
    if os.path.isdir(directory) and directory not in owned and not os.listdir(directory):
        os.rmdir(directory)


def remove_unowned_files(root: str, place: str, owned: Set[str]) -> None:
    """Deletes files, sockets and pipes below a directory that no package owns, unless it is a mount point."""
    if paths.is_mounted(paths.resolve(root, place)):
        return
    for directory, _directories, names in paths.walk(root, place):
        for name in names:
            path = os.path.join(directory, name)
            if path not in owned and is_leftover(os.lstat(path).st_mode):
                os.unlink(path)


def is_leftover(mode: int) -> bool:
    return stat.S_ISREG(mode) or stat.S_ISSOCK(mode) or stat.S_ISFIFO(mode)


def remove_unowned_bytecode(root: str, owned: Set[str]) -> None:
    for directory, _directories, names in paths.walk(root, "/usr"):
        for name in names:
            path = os.path.join(directory, name)
            if name.endswith(".pyc") and path not in owned:
                os.unlink(path)
        if os.path.basename(directory) == "__pycache__":
            remove_if_unowned(directory, owned)


def remove_empty_directories(top: str) -> None:
    for directory, _directories, _names in os.walk(top, topdown=False):
        if not os.listdir(directory) and not paths.is_mounted(directory):
            os.rmdir(directory)


def matches(root: str, pattern: str) -> list:
    """Builder paths that a glob, seen from inside the root, stands for; a link in its directories stays inside."""
    directory, name = os.path.split(pattern.rstrip("/"))
    globs = glob.has_magic(directory)
    parents = [paths.inside(root, path) for path in matches(root, directory)] if globs else [directory]
    found = set()
    for parent in parents:
        try:
            # A matched directory may itself be a link: only this keeps it from leading out of the root.
            place = paths.resolve(root, parent)
        except OSError:
            continue
        found.update(glob.glob(os.path.join(glob.escape(place), name)))
    return sorted(found)


def is_regular(path: str) -> bool:
    return os.path.isfile(path) and not os.path.islink(path)


def is_broken(root: str, path: str) -> bool:
    return os.path.islink(path) and not paths.exists(root, paths.inside(root, path))
