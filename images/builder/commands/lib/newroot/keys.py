"""Whose signatures the builder trusts, and the check of RPM files against them."""
from __future__ import annotations

import glob
import os
import re
import tempfile
from typing import List

from newroot import process
from newroot.errors import CommandError

KEY_FILES = "/etc/pki/rpm-gpg/*"
VERIFIED = re.compile(r"signatures OK$")


def key_import(dnf):
    """Lets dnf trust a key for repository metadata only when it is a file of the builder, never one from the network."""

    class LocalKeys(dnf.callback.KeyImport):
        def _confirm(self, id, userid, fingerprint, url, timestamp) -> bool:
            return url.startswith("file:/") or url.startswith("/")

    return LocalKeys()


def verify(files: List[str]) -> None:
    """Checks digests and signatures of RPM files with the builder's keys; raises CommandError naming each bad file.

    A keyring of its own is used, so that neither the builder's nor the newroot's database changes. The level
    `all` matters: without it rpmkeys calls an unsigned package good.
    """
    if not files:
        return
    with tempfile.TemporaryDirectory(prefix="newroot-keys-") as keyring:
        trusted = trusted_keys(keyring)
        if not trusted:
            raise CommandError(f"no signing keys: put the distribution's public keys under {os.path.dirname(KEY_FILES)}")
        process.checked(["rpmkeys", "--dbpath", f"{keyring}/db", "--import", *trusted])
        result = process.run(
            ["rpmkeys", "--dbpath", f"{keyring}/db", "--define", "_pkgverify_level all", "--checksig", *files]
        )
    lines = result.stdout.splitlines()
    good = {file for file in files if any(line.startswith(file + ":") and VERIFIED.search(line) for line in lines)}
    bad = [file for file in files if file not in good]
    if bad or result.returncode != 0:
        reasons = [line for line in lines if not VERIFIED.search(line)] or bad
        raise CommandError("signature check failed: " + "; ".join(reasons))


def trusted_keys(directory: str) -> List[str]:
    """Key files of the builder, and its imported keys written out as files."""
    files = [path for path in sorted(glob.glob(KEY_FILES)) if os.path.isfile(path)]
    imported = process.run(["rpm", "-q", "gpg-pubkey", "--qf", "%{DESCRIPTION}\n"]).stdout
    if "BEGIN PGP" in imported:
        path = os.path.join(directory, "imported.asc")
        with open(path, "w", encoding="ascii") as file:
            file.write(imported)
        files.append(path)
    return files
