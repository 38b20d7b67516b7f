"""The programs that scripts are run by: a script without its interpreter is as dead as a program without a library."""
from __future__ import annotations

import os
import re
import stat
from typing import List, Set, Tuple

from newroot import copying, installed, paths, record

LONGEST = 255
"""Linux reads no more of the first line."""
FIRST_LINE = re.compile(r"#![ \t]*(/[^ \t\n]*)[ \t]*([^\n]*)")
SEARCHED = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
"""Where `env` looks for a program in an image whose PATH is the usual one."""
ENV_OPTIONS_WITH_VALUE = ("-u", "-C", "--unset", "--chdir")


def of_script(root: str, path: str) -> List[str]:
    """The interpreter of a script, by its path inside the root; of `#!/usr/bin/env NAME` the program NAME, too.

    Empty for a file that is no script, and for one whose interpreter is no absolute path, which depends on where it is
    started.
    """
    with open(paths.resolve(root, path), "rb") as file:
        line = os.fsdecode(file.readline(LONGEST))
    parts = FIRST_LINE.match(line)
    if not parts:
        return []
    program, argument = parts.groups()
    name = run_by_env(argument.strip(" \t")) if os.path.basename(program) == "env" else ""
    return [program, *([search(root, name)] if name else [])]


def run_by_env(argument: str) -> str:
    """The program that `env` starts: what the kernel gives it is one argument, unless -S has it split."""
    for form in ("-S", "--split-string=", "-vS"):
        if argument.startswith(form):
            words = argument[len(form):].split()
            break
    else:
        return "" if argument.startswith("-") or "=" in argument else argument
    while words:
        word = words.pop(0)
        if word in ENV_OPTIONS_WITH_VALUE:
            words = words[1:]
        elif not word.startswith("-") and "=" not in word:
            return word
    return ""


def search(root: str, name: str) -> str:
    """The path of a program by its name; where it would be looked for in the end, if it is nowhere."""
    if name.startswith("/"):
        return name
    places = [f"{directory}/{name}" for directory in SEARCHED]
    return next((place for place in places if paths.exists(root, place)), f"/usr/bin/{name}")


def missing(root: str, path: str) -> List[str]:
    """What the script at `path` is run by and the root lacks."""
    return [program for program in of_script(root, path) if not is_program(root, program)]


def is_program(root: str, path: str) -> bool:
    try:
        return os.path.isfile(paths.resolve(root, path))
    except OSError:
        return False


def all_missing(root: str) -> List[Tuple[str, str]]:
    """(script, program) for each executable script whose interpreter the root lacks; paths are inside the root.

    Scripts that no recipe named are left out: who installs a package without its dependencies leaves the shell out on
    purpose.
    """
    found = [(path, program) for path in scripts(root) for program in missing(root, path)]
    unasked = come_along(root) if found else set()
    return [(path, program) for path, program in found if paths.resolve_parent(root, path) not in unasked]


def come_along(root: str) -> Set[str]:
    """Builder paths of the files that came with a whole package, or along with a single file of one."""
    partial = installed.partial_names(root, record.registered(root))
    return {
        paths.resolve_parent(root, path) for name, path in installed.pairs(root, "FILENAMES")
        if name not in partial or path.startswith(copying.COPIED_WITH)
    }


def scripts(root: str) -> List[str]:
    """Paths inside the root of all executable files that begin with `#!`."""
    found = []
    for directory, _directories, names in paths.walk(root):
        for name in names:
            host = os.path.join(directory, name)
            status = os.lstat(host)
            if stat.S_ISREG(status.st_mode) and status.st_mode & 0o111 and begins(host):
                found.append(paths.inside(root, host))
    return found


def begins(path: str) -> bool:
    with open(path, "rb") as file:
        return file.read(2) == b"#!"
