"""Copying from an unpacked package into the newroot: content, mode and time, but no privileges.

setuid, setgid and file capabilities stay behind: they are trusted together with the rest of their package, and who
copies single files gets a program that has the rights of its user.
"""
from __future__ import annotations

import os
import shutil
import stat
from typing import List, Tuple

from newroot import paths
from newroot.errors import CommandError

PRIVILEGES = stat.S_ISUID | stat.S_ISGID
COPIED_WITH = ("/etc/", "/usr/share/doc/", "/usr/share/man/", "/usr/share/licenses/")
"""What comes of a package with any single file of it."""


def copy_file(newroot: str, tree: str, place: str, places: List[str]) -> None:
    """Copies one unpacked file; its owner becomes root.

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
    copy_regular(source, target, (0, 0))


def copy_absent(newroot: str, tree: str, place: str) -> None:
    """Copies what lies below `place` of the unpacked package; whatever the newroot has already stays as it is.

    Links in the directories of the newroot are followed inside it.
    """
    made = []
    for directory, _directories, names in paths.walk(tree, place):
        target = paths.resolve(newroot, paths.inside(tree, directory))
        if not os.path.lexists(target):
            os.makedirs(os.path.dirname(target), exist_ok=True)
            os.mkdir(target)
            copy_owner_and_mode(directory, target)
            made.append((directory, target))
        if os.path.isdir(target):
            for name in names:
                copy_entry(os.path.join(directory, name), os.path.join(target, name))
    for directory, target in reversed(made):
        copy_time(directory, target)


def copy_entry(source: str, target: str) -> None:
    """A file or link with its owner, unless something is there; devices and the like are not copied."""
    status = os.lstat(source)
    if os.path.lexists(target):
        return
    if stat.S_ISLNK(status.st_mode):
        os.symlink(os.readlink(source), target)
        os.lchown(target, status.st_uid, status.st_gid)
    elif stat.S_ISREG(status.st_mode):
        copy_regular(source, target, (status.st_uid, status.st_gid))


def copy_regular(source: str, target: str, owner: Tuple[int, int]) -> None:
    shutil.copyfile(source, target)
    copy_owner_and_mode(source, target, owner)
    copy_time(source, target)


def copy_owner_and_mode(source: str, target: str, owner: Tuple[int, int] = (-1, -1)) -> None:
    status = os.stat(source)
    os.chown(target, *(owner if owner != (-1, -1) else (status.st_uid, status.st_gid)))
    # On a directory, setgid gives nobody a right.
    os.chmod(target, stat.S_IMODE(status.st_mode) & (~0 if stat.S_ISDIR(status.st_mode) else ~PRIVILEGES))


def copy_time(source: str, target: str) -> None:
    status = os.stat(source)
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
