import os
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
