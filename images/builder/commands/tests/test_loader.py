import io
import os
import shutil
import struct
import tempfile
import unittest

import here
from newroot import elf, lending, loader


def make_elf(needed=(), runpath="", soname="", machine=62, bits=64) -> bytes:
    """The smallest file that has a dynamic section: header, two segments, strings, entries."""
    strings, entries = b"\0", []
    for tag, values in ((1, needed), (29, [runpath] if runpath else []), (14, [soname] if soname else [])):
        for value in values:
            entries.append((tag, len(strings)))
            strings += value.encode() + b"\0"
    header_size, segment_size = (64, 56) if bits == 64 else (52, 32)
    start = header_size + 2 * segment_size
    entries += [(5, start), (10, len(strings)), (0, 0)]
    table = b"".join(struct.pack("<qQ" if bits == 64 else "<iI", *entry) for entry in entries)
    end = start + len(strings) + len(table)

    def segment(kind: int, offset: int, size: int) -> bytes:
        if bits == 64:
            return struct.pack("<IIQQQQQQ", kind, 4, offset, offset, offset, size, size, 1)
        return struct.pack("<IIIIIIII", kind, offset, offset, offset, size, size, 4, 1)

    ident = b"\x7fELF" + bytes([2 if bits == 64 else 1, 1, 1]) + bytes(9)
    layout = "<HHIQQQIHHHHHH" if bits == 64 else "<HHIIIIIHHHHHH"
    header = struct.pack(layout, 3, machine, 1, 0, header_size, 0, 0, header_size, segment_size, 2, 0, 0, 0)
    return ident + header + segment(1, 0, end) + segment(2, start + len(strings), len(table)) + strings + table


class Elf(unittest.TestCase):
    def test_parse(self) -> None:
        for bits in (32, 64):
            file = elf.parse(io.BytesIO(make_elf(["libc.so.6", "libm.so.6"], "$ORIGIN/a:/b", "libx.so.1", 40, bits)))
            self.assertEqual((file.bits, file.machine, file.soname), (bits, 40, "libx.so.1"))
            self.assertEqual((file.needed, file.runpath), (["libc.so.6", "libm.so.6"], ["$ORIGIN/a", "/b"]))

    def test_damaged_files(self) -> None:
        whole = make_elf(["libc.so.6"])
        with tempfile.TemporaryDirectory() as directory:
            for size in range(len(whole)):
                path = f"{directory}/{size}"
                with open(path, "wb") as file:
                    file.write(whole[:size])
                self.assertIsNone(elf.read(path))


class Search(unittest.TestCase):
    def setUp(self) -> None:
        self.root = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.root)

    def put(self, path: str, content: bytes) -> None:
        os.makedirs(os.path.dirname(self.root + path), exist_ok=True)
        with open(self.root + path, "wb") as file:
            file.write(content)

    def missing(self) -> list:
        return loader.Loader(self.root).missing("/usr/bin/a")

    def test_private_directory_counts_only_by_runpath(self) -> None:
        self.put("/usr/lib64/private/libp.so", make_elf())
        self.put("/usr/bin/a", make_elf(["libp.so"]))
        self.assertEqual(self.missing(), ["libp.so"])
        self.put("/usr/bin/a", make_elf(["libp.so"], "${ORIGIN}/../lib64/private"))
        self.assertEqual(self.missing(), [])

    def test_module_finds_those_of_its_packages(self) -> None:
        module = "/usr/lib/python3.11/site-packages/a/b/c.so"
        self.put(module, make_elf(["d.so"]))
        for place, found in (("a/b", True), ("a", True), ("", False), ("e", False)):
            library = os.path.normpath(f"/usr/lib/python3.11/site-packages/{place}/d.so")
            self.put(library, make_elf())
            self.assertEqual(loader.Loader(self.root).missing(module), [] if found else ["d.so"], place)
            os.unlink(self.root + library)

    def test_closure_looks_through_libraries(self) -> None:
        self.put("/usr/bin/a", make_elf(["liba.so"]))
        self.put("/lib64/liba.so", make_elf(["libb.so", "liba.so"]))
        self.assertEqual(self.missing(), [])
        self.assertEqual(loader.Loader(self.root).missing_closure("/usr/bin/a"), ["libb.so"])
        self.put("/usr/lib64/libb.so", make_elf())
        self.assertEqual(loader.Loader(self.root).missing_closure("/usr/bin/a"), [])

    def test_tool_of_the_newroot_has_its_origin_there(self) -> None:
        self.put("/usr/bin/a", make_elf(["libp.so"], "$ORIGIN/../private"))
        self.put("/usr/private/libp.so", make_elf())
        lent = lending.Lending(self.root, [])
        lent._builder, lent._target = loader.Loader("/"), loader.Loader(self.root)
        path = f"{self.root}/usr/bin/a"
        self.assertEqual(lent._lend_library("libp.so", elf.read(path), path), f"{self.root}/usr/private/libp.so")

    def test_other_machine_does_not_count(self) -> None:
        self.put("/usr/bin/a", make_elf(["liba.so"]))
        self.put("/lib64/liba.so", make_elf(machine=183))
        self.put("/usr/lib/liba.so", make_elf(bits=32))
        self.assertEqual(self.missing(), ["liba.so"])

    def test_default_directories_are_those_of_the_loader(self) -> None:
        self.put("/lib64/ld-linux-x86-64.so.2", b"..\0/special/\0/usr/special/\0\0/lib64/other")
        self.put("/usr/bin/a", make_elf(["liba.so"]))
        self.put("/lib64/liba.so", make_elf())
        self.assertEqual(self.missing(), ["liba.so"])
        self.put("/usr/special/liba.so", make_elf())
        self.assertEqual(self.missing(), [])

    def test_cache(self) -> None:
        strings = b"liba.so\0/opt/liba.so\0"
        start = 48 + 24
        entry = struct.pack("=iIIIQ", 0x303, start, start + 8, 0, 0)
        self.put("/etc/ld.so.cache", loader.CACHE_MAGIC + struct.pack("=II", 1, len(strings)) + bytes(20) + entry + strings)
        self.put("/usr/bin/a", make_elf(["liba.so"]))
        self.assertEqual(self.missing(), ["liba.so"])
        self.put("/opt/liba.so", make_elf())
        self.assertEqual(self.missing(), [])
