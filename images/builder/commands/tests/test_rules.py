import struct
import unittest

import here
from newroot import canonical, distribution, installed, remove
from newroot.closure import soname_capabilities
from newroot.errors import CommandError


def header(name: str, installed_at: int) -> bytes:
    """A header with name, installation time and transaction id, as `rpmdb --exportdb` writes it."""
    data = name.encode() + b"\0"
    data += bytes(-len(data) % 4)
    entries = [(1000, 6, 0, 1), (1008, 4, len(data), 1), (1128, 4, len(data) + 4, 1)]
    data += struct.pack(">II", installed_at, installed_at)
    index = b"".join(struct.pack(">IIiI", *entry) for entry in entries)
    return canonical.MAGIC + bytes(4) + struct.pack(">II", len(entries), len(data)) + index + data


class Canonical(unittest.TestCase):
    def test_order_and_time_do_not_matter(self) -> None:
        first = canonical.normalise(header("b", 5) + header("a", 6), 100, {})
        self.assertEqual(first, canonical.normalise(header("a", 7) + header("b", 8), 100, {}))
        self.assertEqual(first, header("a", 100) + header("b", 100))
        self.assertEqual(first, canonical.normalise(first, 100, {}))

    def test_damaged_export(self) -> None:
        for stream in (b"nothing", header("a", 1)[:-1]):
            with self.assertRaises(CommandError):
                canonical.normalise(stream, 1, {})


class Rules(unittest.TestCase):
    def test_soname_requirements(self) -> None:
        links = {"libmnl.so.0()(64bit)", "libc.so.6(GLIBC_2.34)(64bit)", "ld-linux-x86-64.so.2()(64bit)", "libc.so.6"}
        others = {"rtld(GNU_HASH)", "bash", "/bin/sh", "pkgconfig(libx.so)", "(libx.so if bash)", "rpmlib(X)", "python(abi) = 3.9"}
        self.assertEqual(soname_capabilities(links | others), links)

    def test_distribution(self) -> None:
        lab = distribution.parse('ID=lab\nID_LIKE="amzn fedora"\nVERSION_ID="2023"\n# x=y\n')
        self.assertTrue(distribution.is_version(lab, "2023"))
        self.assertFalse(distribution.is_version(lab, "2"))
        self.assertTrue(distribution.is_version({"ID": "amzn", "VERSION_ID": "2"}, "2"))
        self.assertFalse(distribution.is_version({"ID": "fedora", "VERSION_ID": "2023"}, "2023"))

    def test_quote_that_is_not_closed(self) -> None:
        with self.assertRaisesRegex(CommandError, "os-release"):
            distribution.parse('ID="lab\n')

    def test_what_may_meet_a_requirement(self) -> None:
        for requirement, met in {
            "/bin/sh": {"/bin/sh", "/usr/bin/sh"},
            "/usr/lib64/x": {"/lib64/x", "/usr/lib64/x"},
            "/etc/x": {"/etc/x"},
            "libx.so()(64bit)": {"libx.so()(64bit)"},
            "(a or (b if /bin/c))": {"a", "b", "/usr/bin/c"},
            "(libx.so()(64bit) or b)": {"libx.so()(64bit)", "b"},
            "(b or libx.so()(64bit))": {"libx.so()(64bit)", "b"},
        }.items():
            self.assertLessEqual(met, remove.capabilities(requirement))
        self.assertEqual(remove.capabilities("/etc/x"), {"/etc/x"})

    def test_whole_packages(self) -> None:
        def file(path: str, flags: int = 0, mode: int = 0o100644, state: int = 0) -> installed.OwnedFile:
            return installed.OwnedFile(path, flags, mode, state)

        there, absent = "/usr/bin/env", "/usr/bin/does-not-exist"
        self.assertTrue(installed.files_are_there("/", [file(there), file("/etc/nothing"), file(absent, installed.GHOST)]))
        self.assertTrue(installed.files_are_there("/", [file(there), file("/usr/share/doc/nothing"), file(absent, state=1)]))
        # What `cleanup` says of a package that is only registered.
        self.assertFalse(installed.files_are_there("/", [file(there), file(absent, state=2)]))
        self.assertTrue(installed.files_are_there("/", []))
        self.assertFalse(installed.files_are_there("/", [file(there), file(absent)]))
        self.assertFalse(installed.files_are_there("/", [file("/etc/nothing")]))
