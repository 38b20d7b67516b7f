import os
import tempfile
import unittest

import here
from newroot import cleaning, paths, validation


class Paths(unittest.TestCase):
    """Links are judged inside the root: on the builder, /usr/bin/env and /etc/passwd exist."""

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = directory.name
        for place in ("usr/bin", "usr/share/doc/a", "etc"):
            os.makedirs(os.path.join(self.root, place))
        self.link("usr/bin", "bin")
        self.write("usr/bin/real")

    def link(self, target: str, place: str) -> None:
        os.symlink(target, os.path.join(self.root, place))

    def write(self, place: str) -> None:
        with open(os.path.join(self.root, place), "w", encoding="utf-8") as file:
            file.write("x")

    def test_resolve(self) -> None:
        self.link("/bin/real", "etc/absolute")
        self.link("../../../../bin/real", "etc/climbing")
        for place in ("/bin/real", "/etc/absolute", "/etc/climbing", "/etc/../bin/./real"):
            self.assertEqual(paths.resolve(self.root, place), f"{self.root}/usr/bin/real")
        self.assertEqual(paths.resolve_parent(self.root, "/bin/../../etc/absolute"), f"{self.root}/etc/absolute")

    def test_dangling(self) -> None:
        self.link("/usr/bin/env", "usr/bin/only-on-the-builder")
        self.link("loop", "etc/loop")
        self.link("/bin/real", "etc/good")
        self.link("/proc/self/mounts", "etc/mtab")
        self.link("/run/lock", "etc/lock")
        self.assertEqual(validation.dangling_links(self.root), [
            ("/etc/loop", "loop"), ("/usr/bin/only-on-the-builder", "/usr/bin/env"),
        ])

    def test_documentation(self) -> None:
        for name in ("README", "LICENSE", "copyright", "NOTICE"):
            self.write(f"usr/share/doc/a/{name}")
        self.link("/etc/passwd", "usr/share/doc/a/outside")
        self.link("README", "usr/share/doc/a/broken-by-the-first-pass")
        os.makedirs(f"{self.root}/usr/share/man/man1")
        cleaning.clean_docs(self.root)
        self.assertEqual(sorted(os.listdir(f"{self.root}/usr/share/doc/a")), ["LICENSE", "NOTICE", "copyright"])
        self.assertFalse(os.path.exists(f"{self.root}/usr/share/man"))

    def test_globs_stay_inside(self) -> None:
        self.link("/etc", "usr/config")
        self.write("etc/a.cnf")
        cleaning.remove_unnecessary(self.root, ["/usr/config/*.cnf", "/etc", "/nothing/*"])
        self.assertEqual(os.listdir(f"{self.root}/etc"), [])

    def test_globs_of_directories_stay_inside(self) -> None:
        with tempfile.TemporaryDirectory() as outside:
            with open(f"{outside}/victim", "w", encoding="utf-8"):
                pass
            os.mkdir(f"{self.root}/etc/a")
            self.link(outside, "etc/a/dir")
            self.link("loop", "etc/loop")
            self.link("/usr/share", "etc/inside")
            self.write("usr/share/x.cnf")
            cleaning.remove_unnecessary(self.root, ["/etc/*/dir/vic*", "/etc/*/*/victim", "/etc/l*/*/x", "/etc/in*/*.cnf"])
            self.assertEqual(os.listdir(outside), ["victim"])
            self.assertEqual(os.listdir(f"{self.root}/usr/share"), ["doc"])
