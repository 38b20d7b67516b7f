"""Which architecture the newroot is of: a builder assembles those of another one, too, with its own dnf and rpm."""
from __future__ import annotations

import platform
from typing import List

from newroot.errors import CommandError

FILE = "/srv/repo/architecture"
"""What the workshop has beside its packages; a builder without it is of the architecture that it assembles."""
KNOWN = ("x86_64", "aarch64")


def of(newroot: str) -> str:
    """rpm's name of the newroot's architecture; the builder itself (`/`) is what it runs on."""
    if newroot == "/":
        return platform.machine()
    try:
        with open(FILE, encoding="ascii") as file:
            said = file.read().strip()
    except FileNotFoundError:
        return platform.machine()
    if said not in KNOWN:
        raise CommandError(f"{FILE} says {said!r}; it must be {' or '.join(KNOWN)}")
    return said


def is_foreign(newroot: str) -> bool:
    """Whether the builder's programs are not of the newroot's architecture."""
    return of(newroot) != platform.machine()


def rpm_options(newroot: str) -> List[str]:
    """What has rpm install packages of the newroot's architecture."""
    return ["--ignorearch"] if is_foreign(newroot) else []
