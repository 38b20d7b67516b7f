import os
import tempfile
import unittest
from unittest import mock

import here
from newroot import environment
from newroot.errors import CommandError


class Environment(unittest.TestCase):
    def test_names_of_variables(self) -> None:
        for package, prefix in {
            "ca-certificates": "CA_CERTIFICATES", "libstdc++": "LIBSTDCPLUSPLUS", "python3.11": "PYTHON3_11",
        }.items():
            self.assertEqual(environment.variable_prefix(package), prefix)

    @mock.patch.dict(os.environ, {"EXPECTED_RPM_SCRIPTLET_FAILURES": "bash-completion, glibc", "A_IGNORE_SCRIPTLET_ERRORS": "x"})
    def test_tolerated_packages_are_whole_words(self) -> None:
        tolerated = [name for name in ("bash", "bash-completion", "glibc", "a", "") if environment.tolerates_scriptlet_errors(name)]
        self.assertEqual(tolerated, ["bash-completion", "glibc", "a"])

    @mock.patch.dict(os.environ, {"A_SCRIPTLET_REQS": "/bin/sed", "B_SCRIPTLET_REQS": "/bin/sed sed bin/x"})
    def test_lent_tools_are_absolute_paths(self) -> None:
        self.assertEqual(environment.scriptlet_requirements("a"), ["/bin/sed"])
        with self.assertRaisesRegex(CommandError, "B_SCRIPTLET_REQS has sed bin/x;"):
            environment.scriptlet_requirements("b")

    def test_epoch(self) -> None:
        for value in ("", "now", "-1", "1.5", "99999999999"):
            with mock.patch.dict(os.environ, {"SOURCE_DATE_EPOCH": value}), self.assertRaises(CommandError):
                environment.epoch()
        with mock.patch.dict(os.environ, {"SOURCE_DATE_EPOCH": "1700000000"}):
            self.assertEqual(environment.epoch(), 1700000000)

    def test_newroot(self) -> None:
        for value in ("", "relative", "/does/not/exist"):
            with mock.patch.dict(os.environ, {"NEWROOT": value}), self.assertRaises(CommandError):
                environment.settings()

    def test_directories_that_are_not_a_builds(self) -> None:
        for value in ("/usr", "/etc", "/var/lib", "/bin", "/proc/self", "/dev", "/tmp", "/usr/../var"):
            with mock.patch.dict(os.environ, {"NEWROOT": value}), self.assertRaisesRegex(CommandError, "of the builder itself"):
                environment.settings()
        with tempfile.TemporaryDirectory() as top:
            os.makedirs(f"{top}/root/var")
            os.symlink("root/var", f"{top}/link")
            for value in ("/", "/var", "/usr/lib64", top, f"{top}/root", f"{top}/root/x/y", f"{top}/link", f"{top}/root/.."):
                variables = {"NEWROOT": f"{top}/root", "DOWNLOAD_DIR": value}
                with mock.patch.dict(os.environ, variables), self.assertRaisesRegex(CommandError, "^DOWNLOAD_DIR is "):
                    environment.settings()
            with mock.patch.dict(os.environ, {"NEWROOT": f"{top}/root", "DOWNLOAD_DIR": f"{top}/rootless"}):
                self.assertEqual(environment.settings().download_dir, os.path.realpath(f"{top}/rootless"))
            with mock.patch.dict(os.environ, {"NEWROOT": "/", "DOWNLOAD_DIR": "/tmp/download"}):
                self.assertEqual(environment.settings().newroot, "/")

    def test_scriptlet_timeout(self) -> None:
        for value, seconds in (("", 600), ("5", 5)):
            with mock.patch.dict(os.environ, {"SCRIPTLET_TIMEOUT": value}):
                self.assertEqual(environment.scriptlet_timeout(), seconds)
        for value in ("0", "-1", "1.5", "10m", "99999999"):
            with mock.patch.dict(os.environ, {"SCRIPTLET_TIMEOUT": value}), self.assertRaises(CommandError):
                environment.scriptlet_timeout()
