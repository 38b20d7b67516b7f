"""How packages are named, which exclude each other, and what their scriptlets may do: on real packages."""
from __future__ import annotations

import os
import subprocess
import time
import unittest

from real_case import Case


class Words(Case):
    def test_every_form_of_a_package(self) -> None:
        forms = (
            "epochal", "epochal.x86_64", "epochal-1", "epochal-1.x86_64", "epochal-1-1", "epochal-1-1.x86_64",
            "epochal-3:1", "epochal-3:1-1", "epochal-3:1-1.x86_64", "3:epochal-1-1.x86_64", "epoch*", "epochal-3:1-?.x86*",
        )
        commands = (["install_rpm"], ["clean_install"])
        for index, form in enumerate(forms):
            self.ok(*commands[index % 2], form)
            self.assertEqual(self.installed(), {"epochal"}, form)
            self.ok("remove_package", form)
            self.assertEqual(self.installed(), set(), form)

    def test_another_version_or_architecture_is_none(self) -> None:
        for form in ("epochal-2", "4:epochal-1-1", "epochal.noarch", "ochal*"):
            self.assertIn(f"there is no package {form}", self.fails("install_rpm", form))
        self.assertIn("there is no package epochal-4:1", self.fails("clean_install", "epochal-4:1-1.x86_64"))
        self.ok("install_rpm", "epochal")
        for form in ("epochal-2", "epochal-4:1-1.x86_64", "epochal.noarch", "ochal*"):
            self.assertIn(f"{form} is not installed", self.ok("remove_package", form))
        self.assertEqual(self.installed(), {"epochal"})

    def test_globs_mean_all_that_match_in_their_newest_version(self) -> None:
        for command in ("install_rpm", "clean_install"):
            self.ok(command, "libt?o", "mov*", "modules-[ot]*")
            self.assertEqual(self.installed() - {"glibc"}, {"libtwo", "moved", "modules-one", "modules-two"})
            self.assertEqual(self.version("moved"), "2.noarch")
            self.ok("remove_package", "*")
            self.assertEqual(self.installed(), set())
        self.assertIn("there is no package nothing*", self.fails("install_rpm", "nothing*"))

    def test_glob_for_removal_keeps_keys(self) -> None:
        self.import_key()
        self.ok("install_rpm", "dep", "deepdep")
        self.ok("remove_package", "*")
        self.assertEqual(self.installed(), {"gpg-pubkey"})
        self.ok("remove_package", "gpg-pubkey")
        self.assertEqual(self.installed(), set())

    def test_two_words_for_one_package(self) -> None:
        for words in (["moved", "moved-1-1"], ["moved-1-1", "mov*"]):
            self.ok("install_rpm", *words)
            self.assertEqual(self.version("moved"), "1.x86_64")
            self.ok("remove_package", "moved")
        self.assertIn("are two versions of one package", self.fails("install_rpm", "moved-1", "moved-2"))

    def test_remove_one_version_of_two(self) -> None:
        subprocess.run(["rpm", "--root", self.newroot, "-i", "--justdb", "--nodeps", "--replacefiles",
                        f"{self.top}/repo/moved.rpm", f"{self.top}/repo/moved-2.rpm"], check=True)
        self.ok("remove_package", "moved-1-1.x86_64", "true")
        self.assertEqual(self.version("moved"), "2.noarch")

    def test_provides_paths_and_groups(self) -> None:
        self.ok("clean_install", "/usr/share/data/file", "libtwo.so.2()(64bit)")
        self.assertLessEqual({"data", "libtwo"}, self.installed())
        self.assertIn("libtwo.so.2()(64bit) is provided by libtwo", self.fails("install_rpm", "libtwo.so.2()(64bit)"))
        self.assertIn("install_binary takes single files", self.fails("install_rpm", "/usr/bin/bash"))
        self.assertIn("/usr/bin/bash is provided by bash", self.fails("install_rpm", "/usr/bin/bash"))
        self.assertIn("it is provided by data", self.ok("remove_package", "/usr/share/data/file"))
        for command in ("install_rpm", "clean_install", "remove_package"):
            self.assertIn("@core is a group", self.fails(command, "@core"))
        self.assertIn("there is no package /usr/no", self.fails("clean_install", "/usr/no"))


class Conflicts(Case):
    def test_with_what_is_installed(self) -> None:
        for first, second in (("fetch", "fetch-minimal"), ("fetch-minimal", "fetch"), ("fetch-minimal", "fetch-tiny")):
            self.ok("install_rpm", first)
            for command in (["install_rpm"], ["clean_install"]):
                message = self.fails(*command, second)
                self.assertIn(f"{first}-1-1.x86_64", message)
                self.assertIn(f"{second}-1-1.x86_64", message)
            self.assertIn(f"{second}-1-1.x86_64 conflicts with {first}-1-1.x86_64", self.fails("install_rpm", second))
            self.assertIn(f"remove_package {first} first", self.fails("clean_install", second, "true"))
            self.assertEqual(self.installed(), {first})
            self.ok("remove_package", first)

    def test_among_what_is_named(self) -> None:
        for words in (["fetch", "fetch-minimal"], ["fetch-tiny", "fetch-minimal"], ["old", "replacement"]):
            message = self.fails("install_rpm", *words)
            self.assertIn("both are to be installed: leave one of them out", message)
            self.assertTrue(all(word in message for word in words), message)
            self.assertEqual(self.installed(), set())
            self.assertEqual(os.listdir(self.newroot), ["var"])

    def test_registered_packages(self) -> None:
        self.ok("install_rpm", "fetch-minimal")
        self.assertIn("registered all the same: fetch-1-1.x86_64 conflicts with fetch-minimal-1-1.x86_64",
                      self.ok("install_binary", "/usr/bin/fetch"))
        self.assertEqual(self.installed(), {"fetch", "fetch-minimal"})
        self.ok("remove_package", "fetch-minimal")
        self.assertIn("fetch-minimal-1-1.x86_64 conflicts with fetch-1-1.x86_64", self.fails("install_rpm", "fetch-minimal"))
        self.ok("remove_package", "fetch", "true")
        self.ok("install_rpm", "fetch-minimal")

    def test_obsoletes(self) -> None:
        self.ok("install_rpm", "old")
        self.assertIn("old-1-1.x86_64 is erased: replacement-1-1.x86_64 obsoletes it", self.ok("install_rpm", "replacement"))
        self.assertEqual(self.installed(), {"replacement"})
        self.assertIn("old-1-1.x86_64 is obsoleted by replacement-1-1.x86_64", self.fails("install_rpm", "old"))


class Scriptlets(Case):
    def test_one_that_hangs_is_killed_and_named(self) -> None:
        started = time.monotonic()
        message = self.fails("install_rpm", "hangs", SCRIPTLET_TIMEOUT="2",
                             HANGS_SCRIPTLET_REQS="/usr/bin/sleep")
        self.assertLess(time.monotonic() - started, 60)
        self.assertIn("%post(hangs-1-1.x86_64) did not end within 2 seconds", message)
        left = subprocess.run(["grep", "-al", "987654", *self.command_lines()], capture_output=True, text=True, check=False)
        self.assertEqual(left.stdout, "")
        self.assertFalse(os.path.lexists(self.path("/fakeroot")))
        self.assertIn("SCRIPTLET_TIMEOUT is 'soon'", self.fails("install_rpm", "dep", SCRIPTLET_TIMEOUT="soon"))

    def command_lines(self) -> list:
        return [f"/proc/{pid}/cmdline" for pid in os.listdir("/proc") if pid.isdigit() and int(pid) != os.getpid()]

    def test_what_one_prints_is_shown(self) -> None:
        output = self.ok("install_rpm", "talks", "scripted")
        self.assertIn("note: %post(talks-1-1.x86_64) printed: FATAL: cannot write\n", output)
        self.assertEqual(output.count("printed:"), 1)

    def test_triggers_of_a_package_that_is_only_registered_may_fail(self) -> None:
        self.ok("clean_install", "notifier", "true", "true")
        self.assertNotIn("notifier", self.ok("install_rpm", "noticed"))
        self.ok("cleanup", "x")
        os.unlink("/var/lib/newroot/registered")
        self.ok("remove_package", "noticed")
        self.assertNotIn("notifier", self.ok("install_rpm", "noticed"))
        self.ok("remove_package", "noticed")
        self.ok("install_rpm", "notifier")
        self.assertIn("notifier: ", self.fails("install_rpm", "noticed"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
