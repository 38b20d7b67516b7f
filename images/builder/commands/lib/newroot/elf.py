"""Reading what an ELF file asks of the dynamic loader, without running anything of it."""
from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import BinaryIO, Dict, List, Optional, Tuple

MAGIC = b"\x7fELF"
EXECUTABLE, SHARED = 2, 3
LOAD, DYNAMIC, INTERPRETER = 1, 2, 3
NEEDED, STRTAB, STRSZ, SONAME, RPATH, RUNPATH = 1, 5, 10, 14, 15, 29


@dataclass(frozen=True)
class Elf:
    """One executable or shared object."""

    bits: int
    machine: int
    interpreter: Optional[str] = None
    soname: Optional[str] = None
    needed: List[str] = field(default_factory=list)
    rpath: List[str] = field(default_factory=list)
    runpath: List[str] = field(default_factory=list)

    @property
    def kind(self) -> Tuple[int, int]:
        """What must be equal for one file to be loaded with another."""
        return (self.bits, self.machine)


def read(path: str) -> Optional[Elf]:
    """The file's demands, or None when it is no ELF executable or shared object (or a damaged one)."""
    try:
        with open(path, "rb") as file:
            return parse(file) if file.read(4) == MAGIC else None
    except (OSError, struct.error, ValueError):
        return None


def parse(file: BinaryIO) -> Optional[Elf]:
    """Reads an open ELF file; raises struct.error or ValueError when it is cut or inconsistent."""
    file.seek(0)
    ident = file.read(16)
    bits = {b"\1": 32, b"\2": 64}.get(ident[4:5], 0)
    order = {b"\1": "<", b"\2": ">"}.get(ident[5:6], "")
    if not bits or not order:
        raise ValueError("unknown ELF class or byte order")
    layout = order + ("HHIQQQIHHHHHH" if bits == 64 else "HHIIIIIHHHHHH")
    header = struct.unpack(layout, file.read(struct.calcsize(layout)))
    kind, machine, table, entry_size, entries = header[0], header[1], header[4], header[8], header[9]
    if kind not in (EXECUTABLE, SHARED):
        return None
    segments = read_segments(file, order, bits, table, entry_size, entries)
    interpreter = first(segments, INTERPRETER)
    dynamic = first(segments, DYNAMIC)
    return Elf(
        bits, machine,
        interpreter=text(read_at(file, interpreter["offset"], interpreter["size"])) if interpreter else None,
        **(read_dynamic(file, order, bits, dynamic, segments) if dynamic else {}),
    )


def read_segments(file: BinaryIO, order: str, bits: int, table: int, size: int, count: int) -> List[Dict[str, int]]:
    segments = []
    for index in range(count):
        raw = read_at(file, table + index * size, size)
        if bits == 64:
            kind, _flags, offset, address, _physical, length = struct.unpack_from(order + "IIQQQQ", raw)
        else:
            kind, offset, address, _physical, length = struct.unpack_from(order + "IIIII", raw)
        segments.append({"kind": kind, "offset": offset, "address": address, "size": length})
    return segments


def read_dynamic(file: BinaryIO, order: str, bits: int, dynamic: Dict[str, int], segments: list) -> dict:
    layout = order + ("qQ" if bits == 64 else "iI")
    raw = read_at(file, dynamic["offset"], dynamic["size"])
    raw = raw[: len(raw) - len(raw) % struct.calcsize(layout)]
    entries: Dict[int, List[int]] = {}
    for tag, value in struct.iter_unpack(layout, raw):
        if tag == 0:
            break
        entries.setdefault(tag, []).append(value)
    if STRTAB not in entries or STRSZ not in entries:
        return {}
    strings = read_at(file, file_offset(entries[STRTAB][0], segments), entries[STRSZ][0])

    def values(tag: int) -> List[str]:
        return [text(strings, offset) for offset in entries.get(tag, [])]

    return {
        "soname": (values(SONAME) or [None])[0],
        "needed": values(NEEDED),
        "rpath": search_path(values(RPATH)),
        "runpath": search_path(values(RUNPATH)),
    }


def file_offset(address: int, segments: list) -> int:
    """Where in the file the loaded `address` comes from."""
    for segment in segments:
        if segment["kind"] == LOAD and segment["address"] <= address < segment["address"] + segment["size"]:
            return address - segment["address"] + segment["offset"]
    raise ValueError("address outside every loaded segment")


def first(segments: list, kind: int) -> Optional[Dict[str, int]]:
    return next((segment for segment in segments if segment["kind"] == kind), None)


def read_at(file: BinaryIO, offset: int, size: int) -> bytes:
    file.seek(offset)
    data = file.read(size)
    if len(data) != size:
        raise ValueError("file is cut")
    return data


def text(data: bytes, start: int = 0) -> str:
    """The NUL-terminated string at `start`; raises ValueError when it has no end."""
    return data[start : data.index(b"\0", start)].decode("utf-8", "surrogateescape")


def search_path(values: List[str]) -> List[str]:
    return [part for value in values for part in value.split(":") if part]
