import os
import subprocess
import sys
import unittest

import here
from newroot import cli, finish, install, remove
from newroot.errors import UsageError
from newroot.install import CleanInstall


class Arguments(unittest.TestCase):
    def test_clean_install_forms(self) -> None:
        for words, expected in {
            ("a b c",): CleanInstall(["a", "b", "c"]),
            ("a", "b", "c"): CleanInstall(["a", "b", "c"]),
            ("a", "b", "true"): CleanInstall(["a", "b", "true"]),
            ("a b", "true"): CleanInstall(["a", "b"], shallow=True),
            ("a", "false", "false"): CleanInstall(["a"]),
            ("a", "true", "true"): CleanInstall(["a"], shallow=True, justdb=True),
            ("a", "true", "false", "true", "/x"): CleanInstall(["a"], True, False, True, "/x"),
        }.items():
            self.assertEqual(install.parse_clean_install(list(words)), expected)

    def test_clean_install_misuse(self) -> None:
        for words in ([], [" "], ["a", "true", "yes"], ["", "true"], ["a", "true", "true", "true", "/x", "y"]):
            with self.assertRaises(UsageError):
                install.parse_clean_install(words)

    def test_remove_package_forms(self) -> None:
        self.assertEqual(remove.parse(["a", "b c"]), (["a", "b", "c"], False))
        self.assertEqual(remove.parse(["a b", "a", "true"]), (["a", "b"], True))
        self.assertEqual(remove.parse(["a", "false"]), (["a"], False))
        for words in ([], ["true"], ["a", "true", "b"]):
            with self.assertRaises(UsageError):
                remove.parse(words)

    def test_error_of_the_system_is_one_line(self) -> None:
        program = "from newroot import cli; cli.main('', lambda words: open('/dev/full/x'))"
        lib = os.path.dirname(os.path.dirname(cli.__file__))
        result = subprocess.run([sys.executable, "-B", "-c", program], env={"PYTHONPATH": lib}, capture_output=True,
                                text=True, check=False)
        self.assertEqual((result.returncode, result.stderr.count("\n")), (1, 1), result.stderr)
        self.assertIn("Not a directory: '/dev/full/x'", result.stderr)

    def test_other_misuse(self) -> None:
        with self.assertRaises(UsageError):
            cli.reject_options(["a", "--nogpgcheck"])
        for words in ([], ["a", "b"], ["a/b"], [""]):
            with self.assertRaises(UsageError):
                finish.cleanup(words)
