"""Which files the commands copy, and which they delete or leave alone: on real packages."""
from __future__ import annotations

import os
import shutil
import unittest

import real_fixture
from real_case import Case

BASE = "/usr/lib/newroot/base"


class Copied(Case):
    def test_glob_takes_the_files_of_all_packages(self) -> None:
        self.ok("install_binary", "/sbin/mkfs.*")
        self.assertEqual(sorted(os.listdir(self.path("/usr/sbin"))), ["mkfs.both", "mkfs.one", "mkfs.two"])
        self.assertEqual(self.installed(), {"mkfs-one", "mkfs-two"})
        with open(self.path("/usr/sbin/mkfs.both"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "mkfs-one\n")

    def test_glob_prefers_for_one_path_the_package_that_is_there(self) -> None:
        self.ok("clean_install", "mkfs-two", "true", "true")
        self.ok("install_binary", "/usr/sbin/mkfs.b*")
        self.assertEqual(self.installed(), {"mkfs-two"})

    def test_glob_outside_the_primary_metadata(self) -> None:
        output = self.ok("install_binary", "/usr/share/modules/*.mod", "/usr/*/mkfs.t*")
        self.assertEqual(sorted(os.listdir(self.path("/usr/share/modules"))), ["alias.mod", "one.mod", "three.mod"])
        self.assertEqual(os.readlink(self.path("/usr/share/modules/alias.mod")), "one.mod")
        self.assertIn("stray.mod of modules-links-1-1.x86_64 is left out", output)
        self.assertTrue(os.path.exists(self.path("/usr/sbin/mkfs.two")))
        self.assertEqual(self.installed(), {"modules-one", "modules-two", "modules-links", "mkfs-two"})

    def test_exact_path_is_of_one_package(self) -> None:
        self.ok("install_binary", "/usr/sbin/mkfs.both")
        self.assertEqual(self.installed(), {"mkfs-one"})

    def test_directories_and_braces(self) -> None:
        self.assertIn("/usr/sbin/mkfs.dir is no file", self.fails("install_binary", "/usr/sbin/mkfs.dir"))
        self.assertIn("/usr/sbin/mkfs.dir is no file", self.fails("install_binary", "/usr/sbin/mkfs.d*"))
        self.assertIn("write out what is in braces", self.fails("install_binary", "/usr/sbin/mkfs.{one,two}"))
        self.assertEqual(self.installed(), set())

    def test_privileges_come_with_whole_packages_only(self) -> None:
        self.ok("install_binary", "/usr/bin/suid")
        self.assertEqual(self.mode("/usr/bin/suid"), 0o755)
        self.ok("install_rpm", "suid")
        self.assertEqual(self.mode("/usr/bin/suid"), 0o4755)
        self.assertIn("suid is installed already", self.ok("install_rpm", "suid"))

    def test_script_brings_what_runs_it(self) -> None:
        self.assertIn("scripts are run by /usr/bin/one", self.ok("install_binary", "/usr/bin/copy"))
        self.assertLessEqual({"single", "one", "libone", "libtwo"}, self.installed())
        self.assertTrue(os.path.exists(self.path("/usr/bin/one")))
        self.assertIn("interpreters: all found", self.ok("validate"))
        os.unlink(self.path("/usr/bin/one"))
        self.assertIn("/usr/bin/copy: its interpreter /usr/bin/one not found\n", self.run_command("validate").stderr)
        self.assertIn("1 interpreters are missing", self.fails("validate"))
        self.ok("install_deps_for_binary", "/usr/bin/copy")
        self.ok("validate_interpreters")

    def test_script_that_runs_scripts_brings_what_runs_it(self) -> None:
        self.ok("install_binary", "/usr/bin/again")
        self.assertLessEqual({"again", "single", "one", "libone", "libtwo"}, self.installed())
        self.assertIn("interpreters: all found", self.ok("validate"))

    def test_whole_package_may_be_without(self) -> None:
        self.ok("install_rpm", "single")
        self.assertEqual(self.installed(), {"single"})
        self.ok("validate")

    def test_script_that_comes_along_may_be_without(self) -> None:
        self.ok("install_binary", "/usr/share/single")
        self.ok("validate")
        shutil.copy(self.path("/etc/hourly"), self.path("/etc/mine"))
        self.assertIn("1 interpreters are missing", self.fails("validate"))

    def mode(self, place: str) -> int:
        return os.stat(self.path(place)).st_mode & 0o7777


class Deleted(Case):
    def test_download_dir_that_is_not_its_own(self) -> None:
        self.ok("install_rpm", "dep")
        os.symlink("newroot/var", f"{self.top}/link")
        for place in (self.newroot, self.path("/var"), self.path("/new"), self.top, f"{self.top}/link", "/", "/usr",
                      "/var/lib", "/tmp", "/tmp/../etc", "/proc/1"):
            for command in (["cleanup", "x"], ["install_rpm", "data"]):
                self.assertIn("DOWNLOAD_DIR is ", self.fails(*command, DOWNLOAD_DIR=place))
        self.assertEqual(self.installed(), {"dep"})

    def test_only_downloads_are_deleted(self) -> None:
        download = f"{self.top}/download"
        os.mkdir(download)
        real_fixture.write(f"{download}/mine.rpm", "mine")
        self.ok("install_rpm", "dep")
        self.ok("cleanup", "x")
        self.assertEqual(os.listdir(download), ["mine.rpm"])

    def test_newroot_that_is_the_system(self) -> None:
        for place in ("/usr", "/etc", "/var/lib", "/usr/lib64", "/lib", "/proc/self", "/tmp"):
            self.assertIn("a directory of the builder itself", self.fails("cleanup", "x", NEWROOT=place))

    def test_newroot_behind_a_link(self) -> None:
        os.symlink("newroot", f"{self.top}/link")
        self.ok("install_rpm", "filesystem", "dep", NEWROOT=f"{self.top}/link")
        self.ok("cleanup", "x", NEWROOT=f"{self.top}/link")
        self.assertEqual(self.installed(), {"filesystem", "dep"})

    def test_unnecessary_files_that_are_necessary(self) -> None:
        self.ok("install_rpm", "filesystem", "dep")
        for pattern in ("/*", "/lib*", "/var/lib/rpm/*", "/etc/../bin", "/*/lib/rpm/rpmdb.sqlite", "var/lib/rpm/rpmdb*"):
            message = self.fails("cleanup", "x", CLEANUP_UNNECESSARY_FILES=f"/usr/share/dep {pattern}")
            self.assertIn(f"CLEANUP_UNNECESSARY_FILES has {pattern}", message)
        self.assertTrue(os.path.exists(self.path("/usr/share/dep")))
        outside = real_fixture.write(f"{self.top}/outside", "x")
        self.ok("cleanup", "x", CLEANUP_UNNECESSARY_FILES="/ /.. /../.. .. ../outside /../outside /usr /usr/share/dep")
        self.assertTrue(os.path.exists(outside))
        self.assertFalse(os.path.exists(self.path("/usr/share/dep")))
        self.assertTrue(os.path.isdir(self.path("/lib/")))

    def test_names_of_package_lists(self) -> None:
        for name in ("../x", "..", ".", ".x", "rpms.tsv", "/x"):
            self.fails("cleanup", name)
        target = real_fixture.write(f"{self.top}/target", "mine")
        os.makedirs("/tmp/packages", exist_ok=True)
        os.symlink(target, "/tmp/packages/linked")
        self.ok("cleanup", "linked")
        with open(target, encoding="utf-8") as file:
            self.assertEqual(file.read(), "mine")

    def test_extract_dir(self) -> None:
        self.assertIn("EXTRACT_DIR is 'here'", self.fails("clean_install", "dep", "true", "true", "true", "here"))
        self.assertIn("nothing is unpacked", self.ok("clean_install", "dep", "true", "true", "true", self.top))
        self.ok("clean_install", "dep", "true", "true", "true", f"{self.top}/tree")
        self.assertTrue(os.path.exists(f"{self.top}/tree/usr/share/dep"))


class OfTheBaseImage(Case):
    """A published builder image has a record of them."""

    def setUp(self) -> None:
        super().setUp()
        self.ok("install_rpm", "dep", "deepdep", "data")
        self.addCleanup(os.unlink, BASE)
        real_fixture.write(BASE, "".join(
            self.path(place) + "\0" for place in ("/usr/share/dep", "/usr/share/deepdep", "/usr/share/data/file")
        ))

    def test_removed_packages(self) -> None:
        output = self.ok("remove_package", "dep")
        self.assertIn(f"1 files of the base image are gone from {self.newroot}: /usr/share/dep. COPY deletes nothing", output)
        self.assertIn("FROM scratch", output)
        self.assertNotIn("base image", self.ok("remove_package", "deepdep", "true"))

    def test_removed_files(self) -> None:
        os.unlink(self.path("/usr/share/dep"))
        output = self.ok("cleanup", "x", CLEANUP_UNNECESSARY_FILES="/usr/share/deepdep")
        self.assertIn("2 files of the base image are gone", output)
        self.assertIn(": /usr/share/deepdep, /usr/share/dep. ", output)

    def test_nothing_removed(self) -> None:
        self.ok("install_rpm", "app")
        self.assertNotIn("base image", self.ok("remove_package", "app") + self.ok("cleanup", "x"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
