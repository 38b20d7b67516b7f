"""The one place that starts programs."""
from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
from typing import IO, Callable, Dict, List, Optional

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


def run_until(
    argv: List[str], output: IO[bytes], expired: Callable[[], bool], variables: Optional[Dict[str, str]] = None
) -> Optional[int]:
    """Runs a program like `run` with `output`, and `variables` in its environment, and returns its status.

    `expired` is asked once a second. When it says so the program is killed with all that it started: None.
    """
    show(argv)
    with subprocess.Popen(
        argv, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
        env={**child_environment(), **(variables or {})}, start_new_session=True,
    ) as program:
        try:
            while True:
                try:
                    return program.wait(timeout=1)
                except subprocess.TimeoutExpired:
                    if expired():
                        kill_tree(program.pid)
                        return None
        except BaseException:
            kill_tree(program.pid)
            raise


def kill_tree(pid: int) -> None:
    """Kills a process and its descendants; each is stopped first, so that it starts no other meanwhile."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)
    children = [int(entry) for entry in os.listdir("/proc") if entry.isdigit() and parent_of(int(entry)) == pid]
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    for child in children:
        kill_tree(child)


def parent_of(pid: int) -> Optional[int]:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            # The program's name, in brackets, may hold anything.
            return int(file.read().rsplit(b")", 1)[1].split()[1])
    except (OSError, IndexError):
        return None


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
