"""Which Amazon Linux the builder is, or stands for."""
from __future__ import annotations

import os
import shlex
from typing import Dict, List

from newroot.errors import CommandError, UsageError

OS_RELEASE = "/etc/os-release"


def run_if(version: str, command: List[str]) -> int:
    """Becomes `command` when the builder is this version (`2` or `2023`); otherwise returns 0."""
    if not command:
        raise UsageError("needs a command to run")
    with open(OS_RELEASE, encoding="utf-8") as file:
        if not is_version(parse(file.read()), version):
            return 0
    try:
        os.execvp(command[0], command)
    except OSError as error:
        raise CommandError(f"cannot run {command[0]}: {error.strerror}") from error


def is_version(release: Dict[str, str], version: str) -> bool:
    """Amazon Linux is `amzn` by ID, or by ID_LIKE for a distribution made in its image."""
    names = [release.get("ID", ""), *release.get("ID_LIKE", "").split()]
    return "amzn" in names and release.get("VERSION_ID") == version


def parse(text: str) -> Dict[str, str]:
    """The assignments of an os-release file, unquoted; raises CommandError for a quote that is not closed."""
    release = {}
    for line in text.splitlines():
        key, separator, value = line.strip().partition("=")
        if separator and not key.startswith("#"):
            try:
                release[key] = " ".join(shlex.split(value))
            except ValueError as error:
                raise CommandError(f"{OS_RELEASE}: {line.strip()!r} cannot be read: {error}") from error
    return release
