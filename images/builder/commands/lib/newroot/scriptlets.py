"""The gate behind a transaction: rpm succeeds although scriptlets failed, so its log decides."""
from __future__ import annotations

import re
from typing import Dict, List

SCRIPTLET = re.compile(r"%\w+\(([^()]+)\)")
TRACE = re.compile(r"^\++ ")
FAILURE = re.compile(r"scriptlet failed|lua script failed|: command not found|^\S+: \d+: [^:]+: not found$")
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


def package_name(nevra: str) -> str:
    """`ca-certificates-2023.2.68-1.noarch` is `ca-certificates`."""
    parts = nevra.rsplit("-", 2)
    return parts[0] if len(parts) == 3 else nevra


def warnings(log: str) -> List[str]:
    """rpm's own warnings in a log, each once."""
    lines = [line for line in log.splitlines() if line.startswith("warning: ")]
    return [line for line in dict.fromkeys(lines) if "NOKEY" not in line]
