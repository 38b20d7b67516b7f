import os
import tempfile
import unittest

import here
from newroot import copying, record
from unittest import mock


class Copying(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.tree, self.root = f"{directory.name}/tree", f"{directory.name}/root"
        for top in (self.tree, self.root):
            os.mkdir(top)

    def write(self, top: str, place: str, content: str, mode: int = 0o644) -> str:
        path = top + place
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(content)
        os.chmod(path, mode)
        return path

    def read(self, place: str) -> str:
        with open(self.root + place, encoding="utf-8") as file:
            return file.read()

    def mode(self, place: str) -> int:
        return os.stat(self.root + place).st_mode & 0o7777

    def test_what_is_there_stays(self) -> None:
        self.write(self.tree, "/etc/a/old", "new")
        self.write(self.tree, "/etc/a/fresh", "new", 0o600)
        self.write(self.tree, "/etc/b/file", "new")
        os.symlink("file", f"{self.tree}/etc/b/link")
        os.chmod(f"{self.tree}/etc/a", 0o755)
        os.chmod(f"{self.tree}/etc/b", 0o710)
        self.write(self.root, "/etc/a/old", "old")
        os.chmod(f"{self.root}/etc/a", 0o700)
        copying.copy_absent(self.root, self.tree, "/etc")
        self.assertEqual((self.read("/etc/a/old"), self.read("/etc/a/fresh")), ("old", "new"))
        self.assertEqual((self.mode("/etc/a"), self.mode("/etc/a/fresh"), self.mode("/etc/b")), (0o700, 0o600, 0o710))
        self.assertEqual(os.readlink(f"{self.root}/etc/b/link"), "file")

    def test_links_of_the_newroot_stay_inside(self) -> None:
        self.write(self.tree, "/etc/a/file", "new")
        self.write(self.root, "/opt/there", "")
        os.mkdir(f"{self.root}/etc")
        os.symlink("/opt", f"{self.root}/etc/a")
        copying.copy_absent(self.root, self.tree, "/etc")
        self.assertEqual(self.read("/opt/file"), "new")
        copying.copy_absent(self.root, self.tree, "/nothing")

    def test_copied_files_have_no_privileges(self) -> None:
        source = self.write(self.tree, "/usr/bin/a", "x", 0o4755)
        # Revision 2, cap_net_raw=ep.
        os.setxattr(source, "security.capability", bytes.fromhex("0100000200200000000000000000000000000000"))
        self.write(self.tree, "/etc/a/group", "x", 0o2710)
        os.chmod(f"{self.tree}/etc/a", 0o2755)
        copying.copy_file(self.root, self.tree, "/usr/bin/a", [])
        copying.copy_absent(self.root, self.tree, "/etc")
        self.assertEqual((self.mode("/usr/bin/a"), self.mode("/etc/a/group"), self.mode("/etc/a")), (0o755, 0o710, 0o2755))
        self.assertNotIn("security.capability", os.listxattr(f"{self.root}/usr/bin/a"))
        self.assertEqual(os.stat(source).st_mtime_ns, os.stat(f"{self.root}/usr/bin/a").st_mtime_ns)

    def test_record_of_dependencies(self) -> None:
        with mock.patch.object(record, "DEPENDENCIES", f"{self.root}/state/dependencies"):
            record.forget("/newroot", ["a"])
            record.remember_dependencies("/newroot", ["a", "b"])
            record.remember_dependencies("/other", ["a"])
            record.forget("/newroot", ["a", "c"])
            self.assertEqual(record.dependencies("/newroot"), {"b"})
            self.assertEqual(record.dependencies("/other"), {"a"})
            record.forget_all()
            self.assertEqual(os.listdir(self.root), [])
