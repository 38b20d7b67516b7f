"""The one place that starts programs."""
from __future__ import annotations

import os
import shlex
import subprocess
import sys
from typing import IO, List, Optional

from newroot import environment
from newroot.errors import CommandError


def run(argv: List[str], output: Optional[IO[bytes]] = None) -> "subprocess.CompletedProcess[str]":
    """Runs a program in the C locale (its messages are parsed) and returns status, stdout and stderr, unchecked.

    With `output`, both streams go there in the order in which they were written.
    """
    show(argv)
    streams = {"stdout": output or subprocess.PIPE, "stderr": subprocess.STDOUT if output else subprocess.PIPE}
    try:
        return subprocess.run(
            argv, stdin=subprocess.DEVNULL, env=child_environment(), text=True, errors="surrogateescape",
            check=False, **streams,
        )
    except FileNotFoundError as error:
        raise CommandError(f"{argv[0]} is not installed in this builder") from error


def checked(argv: List[str]) -> str:
    """Runs a program and returns its stdout; raises CommandError with its stderr when it fails."""
    result = run(argv)
    if result.returncode != 0:
        detail = (result.stderr or result.stdout).strip() or f"exit status {result.returncode}"
        raise CommandError(f"{shlex.join(argv[:4])}… failed: {detail}")
    return result.stdout


def run_inside(root: str, argv: List[str]) -> "subprocess.CompletedProcess[str]":
    """Runs a program of the newroot inside the newroot."""
    show(["chroot", root, *argv])

    def enter() -> None:
        os.chroot(root)
        os.chdir("/")

    return subprocess.run(
        argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="surrogateescape",
        env=child_environment(), preexec_fn=enter, check=False,
    )


def show(argv: List[str]) -> None:
    """Prints a command line when the debug log is on."""
    if environment.debug():
        print("+ " + shlex.join(argv), file=sys.stderr)


def child_environment() -> dict:
    return {**os.environ, "LC_ALL": "C"}
