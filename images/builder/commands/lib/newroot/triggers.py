"""Triggers that rpm runs in vain, told from those that matter: once, for whatever installs or erases.

rpm runs a package's triggers because the database lists it. Of one that is only registered the programs are not there,
and nobody wants it to do anything: its triggers may run, and what they fail at is nothing. So is the failure of one whose
interpreter went in the same transaction: the next one cannot run it, either.
"""
from __future__ import annotations

import re
from typing import Iterator, List, Optional, Tuple

from newroot import installed, paths, record
from newroot.scriptlets import package_name

RUN = re.compile(r"^D: (%\w*trigger\w*\([^()]+\)): ")
NO_INTERPRETER = re.compile(r"failed to exec scriptlet interpreter (\S+): No such file or directory")


def without_vain(root: str, log: str) -> str:
    """The log of `rpm -vv` on the root without what such triggers said, and rpm of them; its debug lines stay."""
    registered = None
    kept: List[str] = []
    for trigger, lines in runs(log):
        said = [line for line in lines if is_said(trigger, line)] if trigger else []
        if said and registered is None:
            registered = installed.partial_names(root, record.registered(root))
        if said and (package_of(trigger) in registered or lost_interpreter(root, said)):
            lines = [line for line in lines if line not in said]
        kept += lines
    return "\n".join(kept)


def runs(log: str) -> Iterator[Tuple[Optional[str], List[str]]]:
    """Consecutive lines, with the trigger (`%transfiletriggerin(systemd-1-1.x86_64)`) that rpm ran meanwhile."""
    current: Optional[str] = None
    lines: List[str] = []
    for line in log.splitlines():
        if line.startswith("D: "):
            named = RUN.match(line)
            trigger = named.group(1) if named else None
            if trigger != current:
                yield current, lines
                current, lines = trigger, []
        lines.append(line)
    yield current, lines


def is_said(trigger: str, line: str) -> bool:
    """Whether a line is the trigger's, or rpm's about it: other warnings of rpm can stand behind."""
    return not line.startswith("D: ") and (trigger in line or not line.startswith("warning: "))


def package_of(trigger: str) -> str:
    return package_name(trigger[trigger.index("(") + 1:-1])


def lost_interpreter(root: str, said: List[str]) -> bool:
    named = (NO_INTERPRETER.search(line) for line in said)
    return any(match and not paths.exists(root, match.group(1)) for match in named)
