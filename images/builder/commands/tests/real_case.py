"""What tests of the commands on real packages share: a newroot, a repository, and how a command is run."""
from __future__ import annotations

import glob
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True

import real_fixture

FIXTURE = "/fixture"
EPOCH = "1700000000"


class Case(unittest.TestCase):
    """Each test has an empty newroot and its own copy of the repository."""

    @classmethod
    def setUpClass(cls) -> None:
        # The distro's own packages have the same names.
        for repository in glob.glob("/etc/yum.repos.d/*.repo"):
            os.unlink(repository)

    def setUp(self) -> None:
        self.top = tempfile.mkdtemp(prefix="newroot-test-")
        self.addCleanup(shutil.rmtree, self.top)
        for part in ("repo", "unsigned", "key.asc"):
            subprocess.run(["cp", "-a", f"{FIXTURE}/{part}", self.top], check=True)
        self.newroot = os.path.join(self.top, "newroot")
        os.mkdir(self.newroot)
        shutil.copy(f"{self.top}/key.asc", "/etc/pki/rpm-gpg/key.asc")
        real_fixture.write("/etc/yum.repos.d/fixture.repo", "\n".join([
            "[fixture]", "name=fixture", f"baseurl=file://{self.top}/repo", "gpgcheck=1", "repo_gpgcheck=1",
            "gpgkey=file:///etc/pki/rpm-gpg/key.asc", "metadata_expire=0", "",
        ]))

    def run_command(self, *argv: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        environment = {
            **os.environ, "NEWROOT": self.newroot, "DOWNLOAD_DIR": f"{self.top}/download",
            "SOURCE_DATE_EPOCH": EPOCH, **variables,
        }
        return subprocess.run(argv, env=environment, capture_output=True,
                              text=True, check=False)

    def ok(self, *argv: str, **variables: str) -> str:
        result = self.run_command(*argv, **variables)
        self.assertEqual(result.returncode, 0, f"{argv}: {result.stdout}{result.stderr[-4000:]}")
        return result.stdout + result.stderr

    def fails(self, *argv: str, **variables: str) -> str:
        """Runs a command that must fail without a traceback, and returns its last line."""
        result = self.run_command(*argv, **variables)
        self.assertNotEqual(result.returncode, 0, result.stdout)
        self.assertNotIn("Traceback", result.stderr)
        return result.stderr.strip().splitlines()[-1]

    def installed(self) -> set:
        listing = subprocess.run(["rpm", "--root", self.newroot, "-qa", "--qf", "%{NAME}\n"], capture_output=True,
                                 text=True, check=True)
        return set(listing.stdout.split())

    def version(self, name: str) -> str:
        """Version and architecture of an installed package, of all its entries if there are several."""
        return subprocess.run(["rpm", "--root", self.newroot, "-q", name, "--qf", "%{VERSION}.%{ARCH} "],
                              capture_output=True, text=True, check=False).stdout.strip()

    def path(self, place: str) -> str:
        return self.newroot + place

    def import_key(self) -> None:
        subprocess.run(["rpm", "--root", self.newroot, "--import", f"{self.top}/key.asc"], check=True)
