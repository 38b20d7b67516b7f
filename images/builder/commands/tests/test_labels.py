import unittest

import here
from newroot import labels
from newroot.errors import UsageError
from newroot.installed import Package

GPG = Package("gpg", "0", "2.3", "1", "x86_64")
GPG_EXTRA = Package("gpg-2", "0", "5", "1", "noarch")
TAR = Package("tar", "2", "1.34", "1.amzn2023", "aarch64")


class Labels(unittest.TestCase):
    def test_forms(self) -> None:
        for word in (
            "tar", "tar.aarch64", "tar-1.34", "tar-1.34.aarch64", "tar-1.34-1.amzn2023", "tar-1.34-1.amzn2023.aarch64",
            "tar-2:1.34", "tar-2:1.34-1.amzn2023.aarch64", "2:tar-1.34", "2:tar-1.34-1.amzn2023.aarch64",
            "t*", "tar-1.3?-*", "[st]ar", "tar-2:*",
        ):
            self.assertEqual(labels.matching(word, [GPG, TAR]), [TAR], word)
            if not labels.is_glob(word):
                self.assertIn("tar", labels.possible_names(word))
        for word in ("ta", "tar-", "tar-1", "tar.x86_64", "0:tar-1.34", "tar-0:1.34", "ar*", "tar-1.34-1", "TAR"):
            self.assertEqual(labels.matching(word, [GPG, TAR]), [], word)

    def test_what_can_be_a_name_is_one(self) -> None:
        self.assertEqual(labels.matching("gpg-2", [Package("gpg", "0", "2", "1", "x86_64"), GPG_EXTRA]), [GPG_EXTRA])
        self.assertEqual(labels.matching("gpg-2*", [GPG, GPG_EXTRA]), [GPG_EXTRA])
        self.assertEqual(labels.matching("gpg*", [GPG, GPG_EXTRA, TAR]), [GPG, GPG_EXTRA])

    def test_whether_a_version_is_named(self) -> None:
        named = [word for word in ("tar", "tar.aarch64", "t*", "tar-1.34", "2:tar-1.34", "tar-1*", "gpg") if labels.says_version(word, TAR)]
        self.assertEqual(named, ["tar-1.34", "2:tar-1.34", "tar-1*"])

    def test_groups(self) -> None:
        with self.assertRaisesRegex(UsageError, "@core is a group"):
            labels.reject_groups(["a", "@core"])
