"""Paths as they are seen from inside a root filesystem, whatever the builder's own root looks like."""
from __future__ import annotations

import errno
import os
import re
from typing import FrozenSet, Optional

MAX_LINKS = 40
"""As in Linux: more links than this on the way to a file are a loop."""

OCTAL = re.compile(r"\\([0-7]{3})")


def resolve(root: str, path: str) -> str:
    """The builder's path of what `path` means inside `root`, links followed there as after a chroot.

    Parts that do not exist are kept as they are. Raises OSError (ELOOP) for a loop.
    """
    pending = split(path)
    done: list = []
    links = 0
    while pending:
        part = pending.pop(0)
        if part == "..":
            done = done[:-1]
            continue
        here = os.path.join(root, *done, part)
        if not os.path.islink(here):
            done.append(part)
            continue
        links += 1
        if links > MAX_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
        target = os.readlink(here)
        if target.startswith("/"):
            done = []
        pending = split(target) + pending
    return os.path.join(root, *done)


def resolve_parent(root: str, path: str) -> str:
    """Like `resolve`, but the last part itself is not followed: where the link or file `path` lies."""
    parent, name = os.path.split(path.rstrip("/"))
    return os.path.join(resolve(root, parent), name)


def exists(root: str, path: str) -> bool:
    """Whether `path` leads to something inside `root`; a dangling link or a loop does not."""
    try:
        return os.path.lexists(resolve(root, path))
    except OSError:
        return False


def inside(root: str, host_path: str) -> str:
    """The path inside `root` of a builder path below it."""
    return "/" + os.path.relpath(host_path, root) if host_path != root else "/"


def split(path: str) -> list:
    return [part for part in path.split("/") if part not in ("", ".")]


def walk(root: str, start: str = "/"):
    """Like os.walk below `start` inside `root`, sorted, without anything that is mounted there.

    Yields (directory, names of directories, names of other entries); links to directories are other entries.
    """
    top = resolve(root, start)
    mounted = mount_points()
    for directory, directories, files in os.walk(top):
        links = [name for name in directories if os.path.islink(os.path.join(directory, name))]
        directories[:] = sorted(
            name for name in directories
            if name not in links and not is_mounted(os.path.join(directory, name), mounted)
        )
        yield directory, directories, sorted(
            name for name in files + links if os.path.join(directory, name) not in mounted
        )


def is_mounted(path: str, mounted: Optional[FrozenSet[str]] = None) -> bool:
    """Whether the path is a mount point: part of the build's machinery, not of the root."""
    return path in (mount_points() if mounted is None else mounted) or os.path.ismount(path)


def mount_points() -> FrozenSet[str]:
    """All mount points, single files like /etc/resolv.conf included, which os.path.ismount does not see."""
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
            return frozenset(OCTAL.sub(lambda code: chr(int(code[1], 8)), line.split()[4]) for line in file)
    except OSError:
        return frozenset()
