"""Times that programs of scriptlets write into files: Java's trust store and the account database."""
from __future__ import annotations

import hashlib
import os
import struct
from typing import Callable, Optional

from newroot import paths

KEYSTORE = "/etc/pki/ca-trust/extracted/java/cacerts"
SHADOW = "/etc/shadow"
KEYSTORE_HEADER = struct.Struct(">III")
KEYSTORE_MAGIC, CERTIFICATE = 0xFEEDFEED, 2
PASSWORD = "changeit"
"""The password that every distribution's cacerts has; it protects against damage, not against people."""
DAY = 86400


def clamp_dates(root: str, epoch: int) -> None:
    """Rewrites dates later than `epoch` (seconds) in the files that are known to hold some."""
    rewrite(root, KEYSTORE, lambda data: clamp_keystore(data, epoch))
    rewrite(root, SHADOW, lambda data: clamp_shadow(data, epoch))


def clamp_keystore(data: bytes, epoch: int) -> Optional[bytes]:
    """A JKS file of certificates with the time of each entry clamped and its checksum made anew.

    None for anything else: a file with private keys or another password is not touched.
    """
    body = bytearray(data[:-20])
    if len(data) < 32 or checksum(body) != data[-20:]:
        return None
    magic, _version, count = KEYSTORE_HEADER.unpack_from(body)
    if magic != KEYSTORE_MAGIC:
        return None
    position = KEYSTORE_HEADER.size
    for _entry in range(count):
        if struct.unpack_from(">I", body, position)[0] != CERTIFICATE:
            return None
        position = after_string(body, position + 4)
        written = struct.unpack_from(">Q", body, position)[0]
        struct.pack_into(">Q", body, position, min(written, epoch * 1000))
        position = after_string(body, position + 8)
        position += 4 + struct.unpack_from(">I", body, position)[0]
    return bytes(body) + checksum(body)


def clamp_shadow(data: bytes, epoch: int) -> bytes:
    """The shadow file with each day of the last password change (days since 1970) clamped."""
    lines = []
    for line in data.split(b"\n"):
        fields = line.split(b":")
        if len(fields) > 2 and fields[2].isdigit() and int(fields[2]) > epoch // DAY:
            fields[2] = str(epoch // DAY).encode()
        lines.append(b":".join(fields))
    return b"\n".join(lines)


def checksum(body: bytes) -> bytes:
    return hashlib.sha1(PASSWORD.encode("utf-16-be") + b"Mighty Aphrodite" + body).digest()


def after_string(body: bytes, position: int) -> int:
    return position + 2 + struct.unpack_from(">H", body, position)[0]


def rewrite(root: str, place: str, change: Callable[[bytes], Optional[bytes]]) -> None:
    """Replaces a file's content where `change` has another one; mode and owner stay."""
    path = paths.resolve(root, place)
    if not os.path.isfile(path):
        return
    with open(path, "rb") as file:
        old = file.read()
    new = change(old)
    if new is not None and new != old:
        with open(path, "r+b") as file:
            file.write(new)
            file.truncate()
