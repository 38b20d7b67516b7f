"""One rpm transaction on the newroot, and everything that has to be true around it."""
from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from typing import List, Tuple

from newroot import architecture, conflicts, environment, installed, keys, paths, process, record, scriptlets, triggers
from newroot.cli import note
from newroot.environment import Settings
from newroot.errors import CommandError
from newroot.lending import Lending, assert_nothing_lent, lent_environment
from newroot.repository import RpmFile

MERGED = {"/bin": "usr/bin", "/sbin": "usr/sbin", "/lib": "usr/lib", "/lib64": "usr/lib64"}
LDCONFIG = "/usr/sbin/ldconfig"
JUST_DATABASE = ["--justdb", "--noscripts", "--notriggers"]
VERIFIED_BEFORE = ["--define", "_pkgverify_level digest"]
"""keys.verify has proved the signatures with the builder's keys; a newroot may know only some of these."""


def install(settings: Settings, files: List[RpmFile], justdb: bool = False) -> None:
    """Installs verified RPM files in one transaction, or with `justdb` only registers them.

    Raises CommandError when a signature is bad, packages conflict, rpm fails, or a scriptlet hangs or failed without
    the recipe's leave.
    """
    if not files:
        return
    keys.verify([file.path for file in files])
    assert_nothing_lent(settings.newroot)
    conflicts.check(settings.newroot, files, justdb)
    prepare_directories(settings.newroot)
    options = ["-i", "--replacepkgs", *JUST_DATABASE] if justdb else ["-U", "--replacepkgs", "--oldpackage"]
    options += architecture.rpm_options(settings.newroot)
    names = [file.name for file in files]
    if justdb:
        # Not by -U: that also erases the entries of obsoleted packages, whose files stay.
        forget_versions(settings.newroot, files)
        record.remember_registered(settings.newroot, names)
    else:
        # Before their triggers run, which matter from now on.
        record.forget_registered(settings.newroot, names)
    with contextlib.ExitStack() as around:
        if not justdb and settings.newroot != "/":
            requirements = [item for file in files for item in environment.scriptlet_requirements(file.name)]
            around.enter_context(Lending(settings.newroot, requirements, configuration_files(files)))
        run_rpm(settings.newroot, options, files)
    refresh_linker_cache(settings.newroot)
    record.installed(files)
    print(("registered " if justdb else "installed ") + " ".join(sorted(file.nevra for file in files)))


def forget_versions(root: str, files: List[RpmFile]) -> None:
    """Erases the database entries of packages that are about to be registered anew."""
    names = {file.name for file in files}
    known = [package for package in installed.entries(root) if package.name in names]
    if known:
        erase(root, known, justdb=True)


def unpack(files: List[RpmFile], directory: str) -> None:
    """Lays the files of verified RPMs out below a directory, with their modes and capabilities, without scriptlets.

    rpm itself does it, on a database that is thrown away: no cpio is needed.
    """
    keys.verify([file.path for file in files])
    os.makedirs(directory, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".rpmdb-", dir=directory) as database:
        options = ["-i", "--ignorearch", "--noscripts", "--notriggers", "--dbpath", "/" + os.path.basename(database)]
        argv = ["rpm", "--root", directory, "--nodeps", *VERIFIED_BEFORE, *options, *(file.path for file in files)]
        process.checked(argv)


def erase(root: str, packages: List[installed.Package], justdb: bool) -> None:
    """Erases installed packages in one transaction.

    What their scriptlets fail at is shown but does not stop it; of triggers, only what matters is shown.
    """
    assert_nothing_lent(root)
    with contextlib.ExitStack() as around:
        if not justdb and root != "/":
            names = sorted({package.name for package in packages})
            requirements = [item for name in names for item in environment.scriptlet_requirements(name)]
            around.enter_context(Lending(root, requirements))
        options = ["-e", "--allmatches", *(JUST_DATABASE if justdb else [])]
        status, log = rpm_log(root, [*options, *map(str, packages)])
    refresh_linker_cache(root)
    if status != 0:
        raise CommandError(f"rpm failed with status {status}: {rpm_errors(log)}")


def run_rpm(root: str, options: List[str], files: List[RpmFile]) -> None:
    """Installs with rpm and inspects its log; a failure prints the packages' scripts and the log."""
    status, log = rpm_log(root, [*VERIFIED_BEFORE, *options, *(file.path for file in files)])
    failed = scriptlets.failures(log)
    unexpected = [name for name in failed if not environment.tolerates_scriptlet_errors(name)]
    if status == 0 and not unexpected:
        return
    print(*(line for line in log.splitlines() if not line.startswith("D: ")), sep="\n", file=sys.stderr)
    for name in unexpected:
        print_scripts(root, name, files)
    if unexpected:
        reasons = "; ".join(f"{name}: {failed[name][0]}" for name in unexpected)
        raise CommandError(f"scriptlets failed (a missing tool can be lent with <PKG>_SCRIPTLET_REQS): {reasons}")
    raise CommandError(f"rpm failed with status {status}: {rpm_errors(log)}")


def rpm_log(root: str, arguments: List[str]) -> Tuple[int, str]:
    """Status and log of `rpm -vv` on the root, without what triggers said in vain; warnings and what scriptlets printed
    are shown.

    Raises CommandError for a scriptlet that hung and was killed.
    """
    limit = environment.scriptlet_timeout()
    with tempfile.TemporaryFile() as output:
        watch = scriptlets.Watch(output.fileno(), limit)
        argv = ["rpm", "--root", root, "-vv", "--nodeps", *arguments]
        status = process.run_until(argv, output, watch.expired, lent_environment(root))
        output.seek(0)
        log = output.read().decode("utf-8", "replace")
    if environment.debug():
        print(log, file=sys.stderr)
    log = triggers.without_vain(root, log)
    for line in scriptlets.warnings(log):
        print(line, file=sys.stderr)
    for scriptlet, line in scriptlets.outputs(log):
        note(f"{scriptlet} printed: {line}")
    if status is None:
        raise CommandError(
            f"the scriptlet {watch.running} did not end within {limit} seconds and was killed "
            f"({environment.TIMEOUT_NAME} sets another limit): build again from a fresh newroot"
        )
    return status, log


def rpm_errors(log: str) -> str:
    lines = log.splitlines()
    return "; ".join([line for line in lines if line.startswith("error: ")] or lines[-1:])


def print_scripts(root: str, name: str, files: List[RpmFile]) -> None:
    path = next((file.path for file in files if file.name == name), None)
    source = ["-p", path] if path else ["--root", root, name]
    print(f"---- scripts of {name}", file=sys.stderr)
    print(process.run(["rpm", "-q", "--scripts", "--triggers", "--filetriggers", *source]).stdout, file=sys.stderr)


def configuration_files(files: List[RpmFile]) -> set:
    """What the packages bring below /etc."""
    listing = process.checked(["rpm", "-qpl", "--nosignature", "--nodigest", *(file.path for file in files)])
    return {line for line in listing.splitlines() if line.startswith("/etc/")}


def prepare_directories(root: str) -> None:
    """Makes /bin, /sbin, /lib and /lib64 links into /usr, which the `filesystem` package insists on."""
    for link, target in MERGED.items():
        place = root.rstrip("/") + link
        os.makedirs(paths.resolve(root, "/" + target), exist_ok=True)
        if not os.path.lexists(place):
            os.symlink(target, place)


def refresh_linker_cache(root: str) -> None:
    """Runs the newroot's own ldconfig, if it has one."""
    if not os.path.isfile(paths.resolve(root, LDCONFIG)):
        return
    result = process.run_inside(root, [LDCONFIG])
    if result.returncode != 0:
        raise CommandError(f"{LDCONFIG} failed in {root}: {result.stderr.strip()}")
    if result.stderr:
        note(result.stderr.strip())
