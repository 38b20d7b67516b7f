import os
import tempfile
import unittest
from unittest import mock

import here  # noqa: F401
from newroot import architecture, elf, lending
from newroot.errors import CommandError


class Architecture(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = os.path.join(folder.name, "architecture")
        patch = mock.patch.object(architecture, "FILE", self.file)
        patch.start()
        self.addCleanup(patch.stop)

    def say(self, text: str) -> None:
        with open(self.file, "w", encoding="ascii") as file:
            file.write(text)

    def test_newroot_is_of_what_its_packages_are(self) -> None:
        own = os.uname().machine
        self.assertEqual(architecture.of("/newroot"), own)
        for name in architecture.KNOWN:
            self.say(name + "\n")
            self.assertEqual(architecture.of("/newroot"), name)
            self.assertEqual(architecture.of("/"), own)
            self.assertEqual(architecture.rpm_options("/newroot"), [] if name == own else ["--ignorearch"])

    def test_unknown_one_is_refused(self) -> None:
        self.say("riscv64")
        with self.assertRaisesRegex(CommandError, "'riscv64'; it must be x86_64 or aarch64"):
            architecture.of("/newroot")


class Foreign(unittest.TestCase):
    """A newroot of the architecture that this machine is not, with a C library of its own."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        patch = mock.patch.object(architecture, "is_foreign", lambda _root: True)
        patch.start()
        self.addCleanup(patch.stop)
        for place in ("lib", "lib64", "usr/lib64", "etc", "bin"):
            os.makedirs(os.path.join(self.root, place))
        self.put("/usr/lib64/libc.so.6", "of the newroot")
        self.put("/etc/nsswitch.conf", "passwd: files compat [NOTFOUND=return]  # nobody\nhosts: dns\n")

    def put(self, place: str, text: str) -> None:
        with open(self.root + place, "w", encoding="utf-8") as file:
            file.write(text)

    def read(self, place: str) -> str:
        with open(self.root + place, encoding="utf-8") as file:
            return file.read()

    def test_libraries_of_lent_programs_are_apart_from_those_of_the_newroot(self) -> None:
        with mock.patch.object(lending, "DEFAULT_ITEMS", ["/bin/sh"]), lending.Lending(self.root, []):
            lent = os.listdir(self.root + lending.FOREIGN_LIBRARIES)
            needed = elf.read(os.path.realpath("/bin/sh")).needed
            self.assertTrue(set(needed) <= set(lent), lent)
            self.assertTrue(os.path.islink(self.root + "/bin/sh"))
            self.assertEqual(self.read("/usr/lib64/libc.so.6"), "of the newroot")
            self.assertFalse(os.path.lexists(self.root + "/etc/ld.so.cache"))
        self.assertFalse(os.path.lexists(self.root + lending.FAKEROOT))
        self.assertEqual(os.listdir(self.root + "/bin") + os.listdir(self.root + "/usr/lib64"), ["libc.so.6"])

    def test_name_services_of_the_newroot_are_lent(self) -> None:
        with mock.patch.object(lending, "DEFAULT_ITEMS", []), lending.Lending(self.root, []):
            lent = os.listdir(self.root + lending.FOREIGN_LIBRARIES)
            self.assertIn("libnss_compat.so.2", lent)
            self.assertIn("libc.so.6", lent)

    def test_lent_programs_are_told_where(self) -> None:
        self.assertEqual(lending.lent_environment(self.root), {"LD_LIBRARY_PATH": lending.FOREIGN_LIBRARIES})


if __name__ == "__main__":
    unittest.main()
