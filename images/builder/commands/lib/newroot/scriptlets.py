"""The gate behind a transaction: rpm succeeds although scriptlets failed, so its log decides."""
from __future__ import annotations

import os
import re
import time
from typing import Dict, Iterator, List, Optional, Tuple

SCRIPTLET = re.compile(r"%\w+\(([^()]+)\)")
TRACE = re.compile(r"^\++ ")
WARNING = re.compile(r"^warning: ")
FAILURE = re.compile(r"scriptlet failed|lua script failed|: command not found|^\S+: \d+: [^:]+: not found$")
IO_STATISTICS = re.compile(r"^u?fdio: +\d+ (reads|writes), ")
"""rpm 4.16 counts among its log what it reads and writes, the scriptlets themselves included."""
NAMELESS = "(unknown package)"


def failures(log: str) -> Dict[str, List[str]]:
    """Failed scriptlets' messages in the log of `rpm -Uvv`, by package name.

    A message that names no package belongs to the scriptlet that was started last. Lines that the shell's tracing
    adds are skipped: they repeat the script, not its result.
    """
    found: Dict[str, List[str]] = {}
    current = NAMELESS
    for line in log.splitlines():
        if TRACE.match(line):
            continue
        named = SCRIPTLET.search(line)
        if named:
            current = package_name(named.group(1))
        if not line.startswith("D: ") and FAILURE.search(line):
            found.setdefault(current, []).append(line)
    return found


def outputs(log: str) -> Iterator[Tuple[str, str]]:
    """Each line that a scriptlet printed, with the scriptlet (`%post(bash-5-1.x86_64)`): it may be all that it says
    of a failure. Without rpm's own lines and the shell's tracing."""
    current: Optional[str] = None
    for line in log.splitlines():
        if line.startswith("D: "):
            current = running_after(line)
        elif current and line.strip() and not any(kind.match(line) for kind in (TRACE, IO_STATISTICS, WARNING)):
            yield current, "".join(character if character.isprintable() else "?" for character in line)


def running_after(line: str) -> Optional[str]:
    """The scriptlet that runs after rpm wrote this debug line: rpm writes no other line until it waited for its end."""
    named = SCRIPTLET.search(line)
    return named.group() if named and ": waitpid" not in line else None


class Watch:
    """Follows the log of an rpm that runs, to see how long a scriptlet does."""

    def __init__(self, log: int, limit: float) -> None:
        """`log` is a file descriptor, which is read without moving its position; `limit` is in seconds."""
        self.running: Optional[str] = None
        self._log = log
        self._limit = limit
        self._position = 0
        self._since = time.monotonic()

    def expired(self) -> bool:
        """Whether the scriptlet that runs now has had its time."""
        data = os.pread(self._log, 1 << 24, self._position)
        complete = data[:data.rfind(b"\n") + 1]
        self._position += len(complete)
        for line in complete.decode("utf-8", "replace").splitlines():
            if line.startswith("D: "):
                self.running = running_after(line)
                self._since = time.monotonic()
        return self.running is not None and time.monotonic() - self._since > self._limit


def package_name(nevra: str) -> str:
    """`ca-certificates-2023.2.68-1.noarch` is `ca-certificates`."""
    parts = nevra.rsplit("-", 2)
    return parts[0] if len(parts) == 3 else nevra


def warnings(log: str) -> List[str]:
    """rpm's own warnings in a log, each once."""
    lines = [line for line in log.splitlines() if WARNING.match(line)]
    return [line for line in dict.fromkeys(lines) if "NOKEY" not in line]
