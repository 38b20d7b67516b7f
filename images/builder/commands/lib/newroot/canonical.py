"""Making the same packages the same bytes: rpm's database rewritten, times clamped."""
from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import stat
import struct
import subprocess
import tempfile
from typing import Dict, List, Set, Tuple

from newroot import paths, process
from newroot.errors import CommandError
from newroot.installed import NORMAL_STATE, NOT_INSTALLED

MAGIC = b"\x8e\xad\xe8\x01"
INT32 = 4
NAME, VERSION, RELEASE, EPOCH, ARCH = 1000, 1001, 1002, 1003, 1022
INSTALL_TIME, INSTALL_TID = 1008, 1128
FILE_STATES, DIR_INDEXES, BASE_NAMES, DIR_NAMES = 1029, 1116, 1117, 1118
DATABASE = "rpmdb.sqlite"
Tags = Dict[int, Tuple[int, int, int]]
"""Tag → type, offset in the header, count."""


def rewrite_database(root: str, epoch: int, absent: Dict[str, Set[str]]) -> None:
    """Writes the rpm database anew: times of installation set to `epoch`, packages sorted, journal in one file.

    `absent` names the packages of which only single files are there, each with the paths that are not.
    Scanners that copy only rpmdb.sqlite see all of it, and it can be read on a read-only file system.
    Does nothing when the root has no database.
    """
    directory = paths.resolve(root, process.checked(["rpm", "--eval", "%_dbpath"]).strip())
    database = os.path.join(directory, DATABASE)
    if not os.path.exists(database):
        return
    with tempfile.TemporaryDirectory(prefix=".rpmdb-", dir=os.path.dirname(directory)) as fresh:
        headers = export(directory)
        load(fresh, normalise(headers, epoch, absent))
        join_journal(os.path.join(fresh, DATABASE))
        shutil.copystat(database, os.path.join(fresh, DATABASE))
        for leftover in (f"{DATABASE}-shm", f"{DATABASE}-wal", ".rpm.lock"):
            if os.path.exists(os.path.join(directory, leftover)):
                os.unlink(os.path.join(directory, leftover))
        os.replace(os.path.join(fresh, DATABASE), database)


def join_journal(database: str) -> None:
    """Has sqlite write what it keeps in the -wal file into the database itself."""
    try:
        connection = sqlite3.connect(database)
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.close()
    except sqlite3.Error as error:
        raise CommandError(f"rpm database: {database} cannot be written: {error}") from error


def clamp_times(root: str, epoch: int) -> None:
    """Gives everything that is younger than `epoch` that time: files, links, directories."""
    nanoseconds = epoch * 10**9
    for first, *others in young_links(root, nanoseconds):
        clamp(first, nanoseconds)
        # On an overlay what changes one name of a file of a lower layer makes a file of its own of that name.
        for other in others:
            os.unlink(other)
            os.link(first, other)
    for directory, directories, names in reversed(list(paths.walk(root))):
        for name in [*names, *directories]:
            clamp(os.path.join(directory, name), nanoseconds)
    if root != "/":
        clamp(root, nanoseconds)


def young_links(root: str, nanoseconds: int) -> List[List[str]]:
    """The names, together, of each file that has several and is younger than that."""
    files: Dict[Tuple[int, int], List[str]] = {}
    for directory, _, names in paths.walk(root):
        for path in (os.path.join(directory, name) for name in names):
            status = os.lstat(path)
            if stat.S_ISREG(status.st_mode) and status.st_nlink > 1 and status.st_mtime_ns > nanoseconds:
                files.setdefault((status.st_dev, status.st_ino), []).append(path)
    return list(files.values())


def clamp(path: str, nanoseconds: int) -> None:
    if os.lstat(path).st_mtime_ns <= nanoseconds:
        return
    try:
        os.utime(path, ns=(nanoseconds, nanoseconds), follow_symlinks=False)
    except OSError as error:
        # A file that the engine mounts for the step, such as /etc/resolv.conf: it is not part of the image.
        if error.errno != errno.EROFS:
            raise


def normalise(stream: bytes, epoch: int, absent: Dict[str, Set[str]]) -> bytes:
    """The stream of headers of `rpmdb --exportdb` with times and file states set, sorted by name and version.

    These tags lie outside the region that the package's signature covers.
    """
    headers = []
    position = 0
    while position < len(stream):
        header, position = take_header(stream, position)
        tags = read_tags(header)
        for tag in (INSTALL_TIME, INSTALL_TID):
            if tag in tags:
                kind, offset, count = tags[tag]
                if kind != INT32 or count != 1:
                    raise CommandError(f"rpm database: tag {tag} has type {kind} and count {count}, not one int32")
                struct.pack_into(">I", header, offset, epoch)
        name = string_at(header, tags, NAME).decode()
        if name in absent:
            set_file_states(header, tags, absent[name])
        headers.append((sort_key(header, tags), bytes(header)))
    return b"".join(header for _key, header in sorted(headers))


def take_header(stream: bytes, start: int) -> Tuple[bytearray, int]:
    """One header of the stream, and where the next one begins."""
    if stream[start : start + 4] != MAGIC:
        raise CommandError(f"rpm database: no header at byte {start} of its export")
    entries, size = struct.unpack_from(">II", stream, start + 8)
    end = start + 16 + 16 * entries + size
    if end > len(stream):
        raise CommandError("rpm database: its export is cut")
    return bytearray(stream[start:end]), end


def read_tags(header: bytes) -> Tags:
    """Type, offset in the header and count of each tag."""
    entries = struct.unpack_from(">I", header, 8)[0]
    data = 16 + 16 * entries
    tags = {}
    for index in range(entries):
        tag, kind, offset, count = struct.unpack_from(">IIiI", header, 16 + 16 * index)
        if offset >= 0:
            tags[tag] = (kind, data + offset, count)
    return tags


def set_file_states(header: bytearray, tags: Tags, absent: Set[str]) -> None:
    """Says of each file whether it is there, so that `rpm -V` and scanners look for no file that never was."""
    if FILE_STATES not in tags or BASE_NAMES not in tags:
        return
    _kind, states, count = tags[FILE_STATES]
    folders = strings_at(header, tags[DIR_NAMES])
    indexes = struct.unpack_from(f">{count}I", header, tags[DIR_INDEXES][1])
    for position, (index, base) in enumerate(zip(indexes, strings_at(header, tags[BASE_NAMES]))):
        if header[states + position] in (NORMAL_STATE, NOT_INSTALLED):
            path = (folders[index] + base).decode("utf-8", "surrogateescape")
            header[states + position] = NOT_INSTALLED if path in absent else NORMAL_STATE


def sort_key(header: bytes, tags: Tags) -> tuple:
    package_epoch = struct.unpack_from(">I", header, tags[EPOCH][1])[0] if EPOCH in tags else 0
    name, *others = (string_at(header, tags, tag) for tag in (NAME, VERSION, RELEASE, ARCH))
    return (name, package_epoch, *others)


def string_at(header: bytes, tags: Tags, tag: int) -> bytes:
    return strings_at(header, (*tags[tag][:2], 1))[0] if tag in tags else b""


def strings_at(header: bytes, place: Tuple[int, int, int]) -> List[bytes]:
    _kind, start, count = place
    return bytes(header[start:]).split(b"\0", count)[:count]


def export(directory: str) -> bytes:
    return rpmdb(["--dbpath", directory, "--exportdb"], b"")


def load(directory: str, headers: bytes) -> None:
    rpmdb(["--dbpath", directory, "--initdb"], b"")
    rpmdb(["--dbpath", directory, "--importdb"], headers)


def rpmdb(arguments: List[str], data: bytes) -> bytes:
    argv = ["rpmdb", *arguments]
    process.show(argv)
    result = subprocess.run(argv, input=data, capture_output=True, check=False)
    if result.returncode != 0:
        raise CommandError(f"{' '.join(argv)} failed: {result.stderr.decode('utf-8', 'replace').strip()}")
    return result.stdout
