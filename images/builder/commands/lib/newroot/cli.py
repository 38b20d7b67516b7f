"""The edge of every command: help, option check, errors as one line, exit codes."""
from __future__ import annotations

import os
import sys
from typing import Callable, List, Optional

from newroot.errors import CommandError, UsageError


def main(usage: str, action: Callable[[List[str]], Optional[int]], passes_options: bool = False) -> None:
    """Runs `action` with the command's arguments and exits with its status (None is 0).

    `usage` is the text of `--help`. With `passes_options` only a leading `--help` is the command's own: the
    rest belongs to another program.
    """
    name = os.path.basename(sys.argv[0])
    arguments = sys.argv[1:]
    asks_help = arguments[:1] if passes_options else arguments
    if "--help" in asks_help or "-h" in asks_help:
        print(usage.strip())
        sys.exit(0)
    try:
        if not passes_options:
            reject_options(arguments)
        sys.stdout.reconfigure(line_buffering=True, errors="backslashreplace")
        sys.stderr.reconfigure(errors="backslashreplace")
        sys.exit(action(arguments) or 0)
    except UsageError as error:
        print(f"{name}: {error} (see {name} --help)", file=sys.stderr)
        sys.exit(2)
    except CommandError as error:
        print(f"{name}: {error}", file=sys.stderr)
        sys.exit(1)
    except OSError as error:
        # A full disk, a missing permission: the system's own words name the file.
        print(f"{name}: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def reject_options(arguments: List[str]) -> None:
    """Raises UsageError for the first word that looks like an option: these commands take none."""
    for word in arguments:
        if word.startswith("-"):
            raise UsageError(f"unknown option {word}")


def note(text: str) -> None:
    """Prints a remark that is not a failure."""
    print(f"note: {text}", file=sys.stderr)
