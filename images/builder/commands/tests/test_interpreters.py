import os
import shutil
import tempfile
import unittest

import here
from newroot import interpreters


class Interpreters(unittest.TestCase):
    """What scripts are run by, looked for inside the root alone."""

    def setUp(self) -> None:
        self.root = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.root)

    def put(self, path: str, content: bytes = b"", mode: int = 0o755) -> None:
        os.makedirs(os.path.dirname(self.root + path), exist_ok=True)
        with open(self.root + path, "wb") as file:
            file.write(content)
        os.chmod(self.root + path, mode)

    def test_first_lines(self) -> None:
        self.put("/usr/local/bin/tool")
        for line, programs in (
            (b"#!/bin/sh\n", ["/bin/sh"]),
            (b"#! /bin/sh -e\n", ["/bin/sh"]),
            (b"#!\t/bin/sh\t-e\n", ["/bin/sh"]),
            (b"#!/usr/bin/env\ttool\n", ["/usr/bin/env", "/usr/local/bin/tool"]),
            (b"#!/bin/sh\r\n", ["/bin/sh\r"]),
            (b"#!/usr/bin/coreutils --coreutils-prog-shebang=cp", ["/usr/bin/coreutils"]),
            (b"#!/usr/bin/env tool\n", ["/usr/bin/env", "/usr/local/bin/tool"]),
            (b"#!/usr/bin/env other\n", ["/usr/bin/env", "/usr/bin/other"]),
            (b"#!/usr/bin/env -S A=1 -u B -i tool -x\n", ["/usr/bin/env", "/usr/local/bin/tool"]),
            (b"#!/usr/bin/env --split-string=/opt/tool -x\n", ["/usr/bin/env", "/opt/tool"]),
            (b"#!/usr/bin/env tool\r\n", ["/usr/bin/env", "/usr/bin/tool\r"]),
            (b"#!/usr/bin/env -i\n", ["/usr/bin/env"]),
            (b"#!interpreter\n", []),
            (b"#!\n", []),
            (b"\x7fELF", []),
            (b"", []),
        ):
            self.put("/script", line)
            self.assertEqual(interpreters.of_script(self.root, "/script"), programs, line)

    def test_missing_inside_the_root_alone(self) -> None:
        self.put("/script", b"#!/bin/sh\n")
        self.assertEqual(interpreters.missing(self.root, "/script"), ["/bin/sh"])
        os.makedirs(self.root + "/usr/bin")
        os.symlink("/usr/bin", self.root + "/bin")
        os.symlink("bash", self.root + "/usr/bin/sh")
        self.assertEqual(interpreters.missing(self.root, "/script"), ["/bin/sh"], "the link leads nowhere")
        self.put("/usr/bin/bash")
        self.assertEqual(interpreters.missing(self.root, "/script"), [])

    def test_scripts_are_executable_files(self) -> None:
        self.put("/usr/bin/script", b"#!/bin/sh\n")
        self.put("/usr/share/template", b"#!/bin/sh\n", 0o644)
        self.put("/usr/bin/program", b"\x7fELF")
        os.symlink("script", self.root + "/usr/bin/alias")
        self.assertEqual(interpreters.scripts(self.root), ["/usr/bin/script"])


if __name__ == "__main__":
    unittest.main()
