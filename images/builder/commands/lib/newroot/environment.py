"""Everything the commands read from the environment."""
from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import List

from newroot.errors import CommandError

EPOCH_NAME = "SOURCE_DATE_EPOCH"
TIMEOUT_NAME = "SCRIPTLET_TIMEOUT"
DEFAULT_TIMEOUT = "600"
OF_THE_SYSTEM = re.compile(
    r"/(bin|boot|home|lib|lib64|root|run|sbin|tmp)?|/(etc|usr|var)(/[^/]+)?|/(dev|proc|sys)(/.*)?|/var/lib/rpm"
)
"""Directories of the builder that are nobody's to assemble an image in, or to download to."""


@dataclass(frozen=True)
class Settings:
    """What one command works on."""

    newroot: str
    """Absolute path of the root filesystem being assembled; `/` to change the builder itself."""
    download_dir: str


def settings() -> Settings:
    """Reads NEWROOT and DOWNLOAD_DIR, links followed.

    Raises CommandError when NEWROOT is not an existing absolute directory, when either is a directory of the system
    (as NEWROOT `/` can be meant), and when one lies in the other: what is done to it would be done to both.
    """
    newroot = os.environ.get("NEWROOT", "")
    if not newroot:
        raise CommandError("NEWROOT is not set; set it to the root filesystem to work on, for example /newroot")
    if not newroot.startswith("/") or not os.path.isdir(newroot):
        raise CommandError(f"NEWROOT is {newroot!r}; it must be the absolute path of an existing directory")
    download_dir = os.environ.get("DOWNLOAD_DIR") or "/tmp/download"
    if not download_dir.startswith("/"):
        raise CommandError(f"DOWNLOAD_DIR is {download_dir!r}; it must be an absolute path")
    root, downloads = os.path.realpath(newroot), os.path.realpath(download_dir)
    if root != "/" and OF_THE_SYSTEM.fullmatch(root):
        raise CommandError(f"NEWROOT is {newroot!r}, a directory of the builder itself; use another, like /newroot")
    if OF_THE_SYSTEM.fullmatch(downloads):
        raise CommandError(f"DOWNLOAD_DIR is {download_dir!r}, a directory of the system; use another, like /tmp/download")
    if root != "/" and os.path.commonpath([root, downloads]) in (root, downloads):
        raise CommandError(
            f"DOWNLOAD_DIR is {download_dir!r}, which is in or above NEWROOT ({root}); use another, like /tmp/download"
        )
    return Settings(root, downloads)


def scriptlet_timeout() -> int:
    """SCRIPTLET_TIMEOUT: how many seconds one scriptlet may take."""
    value = os.environ.get(TIMEOUT_NAME) or DEFAULT_TIMEOUT
    if not re.fullmatch(r"[1-9][0-9]{0,6}", value):
        raise CommandError(
            f"{TIMEOUT_NAME} is {value!r}; it must be whole seconds, 1 or more, for example {DEFAULT_TIMEOUT}"
        )
    return int(value)


def epoch() -> int:
    """SOURCE_DATE_EPOCH: the time, in seconds since 1970, that everything made during the build gets."""
    value = os.environ.get(EPOCH_NAME, "")
    if not re.fullmatch(r"[0-9]{1,10}", value) or int(value) >= 2**31:
        raise CommandError(
            f"{EPOCH_NAME} is {value!r}; it must be whole seconds since 1970, for example $(git log -1 --format=%ct)"
        )
    return int(value)


def debug() -> bool:
    """Whether OUTPUT_DEBUG_LOG asks for the commands that are run and for rpm's logs."""
    return bool(os.environ.get("OUTPUT_DEBUG_LOG"))


def variable_prefix(package: str) -> str:
    """The form of a package's name in variable names: `libstdc++` is `LIBSTDCPLUSPLUS`, `python3.11` `PYTHON3_11`."""
    return package.replace("+", "PLUS").replace(".", "_").replace("-", "_").upper()


def scriptlet_requirements(package: str) -> List[str]:
    """Extra builder files that the package's scriptlets need (`<PKG>_SCRIPTLET_REQS`).

    Raises CommandError for an item that is no absolute path.
    """
    variable = f"{variable_prefix(package)}_SCRIPTLET_REQS"
    items = os.environ.get(variable, "").split()
    relative = [item for item in items if not item.startswith("/")]
    if relative:
        raise CommandError(f"{variable} has {' '.join(relative)}; its items must be absolute paths, like /usr/bin/sed")
    return items


def tolerates_scriptlet_errors(package: str) -> bool:
    """Whether the recipe accepts that scriptlets of this package fail.

    `EXPECTED_RPM_SCRIPTLET_FAILURES` is compared by whole words: `bash` does not cover `bash-completion`.
    """
    if os.environ.get(f"{variable_prefix(package)}_IGNORE_SCRIPTLET_ERRORS"):
        return True
    return package in re.split(r"[\s,]+", os.environ.get("EXPECTED_RPM_SCRIPTLET_FAILURES", ""))


def unnecessary_files() -> List[str]:
    """Paths and globs, relative to the newroot, that `cleanup` deletes (`CLEANUP_UNNECESSARY_FILES`)."""
    return os.environ.get("CLEANUP_UNNECESSARY_FILES", "").split()
