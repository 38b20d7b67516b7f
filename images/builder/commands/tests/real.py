"""The commands, really run on synthetic packages, inside the builder: tests/engine/commands.test.ts starts this there,
with the other `real_*.py`.

The packages are in /fixture, made by real_fixture.py on the machine, since a builder has no compiler.
"""
from __future__ import annotations

import os
import shutil
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True

import real_fixture
from real_case import EPOCH, FIXTURE, Case


class Commands(Case):
    # install_rpm

    def test_libraries_come_along_but_no_other_dependency(self) -> None:
        self.import_key()
        self.ok("install_rpm", "filesystem", "one")
        self.assertEqual(self.installed(), {"gpg-pubkey", "filesystem", "one", "libone", "libtwo", "glibc"})
        run = subprocess.run(["chroot", self.newroot, "/usr/bin/one"], check=False)
        self.assertEqual(run.returncode, 0)
        self.ok("cleanup", "one")
        self.ok("validate")

    def test_setuid_survives(self) -> None:
        self.ok("install_rpm", "suid")
        self.assertEqual(os.stat(self.path("/usr/bin/suid")).st_mode & 0o7777, 0o4755)

    def test_bash_brings_terminals_and_bash_completion_does_not(self) -> None:
        self.ok("install_rpm", "bash-completion")
        self.assertNotIn("ncurses-base", self.installed())
        self.ok("install_rpm", "bash-1.x86_64")
        self.assertIn("ncurses-base", self.installed())

    def test_library_that_nobody_has(self) -> None:
        self.assertIn("orphan needs libnobody.so.9()(64bit)", self.fails("install_rpm", "orphan"))

    def test_unknown_package(self) -> None:
        self.assertIn("nearest names: libtwo", self.fails("install_rpm", "libtow"))
        self.assertIn("/bin/sh is provided by bash", self.fails("install_rpm", "/bin/sh"))

    def test_nevra_and_file(self) -> None:
        self.ok("install_rpm", "libtwo-1-1.x86_64", f"{self.top}/repo/dep.rpm")
        self.assertLessEqual({"libtwo", "dep"}, self.installed())
        self.assertIn("dep is installed already", self.ok("install_rpm", "dep"))

    def test_newest_version_before_architecture(self) -> None:
        self.ok("install_rpm", "moved")
        self.assertEqual(self.version("moved"), "2.noarch")
        self.ok("remove_package", "moved")
        self.ok("install_binary", "/usr/share/moved")
        self.assertEqual(self.version("moved"), "2.noarch")

    def test_named_version_replaces_another(self) -> None:
        for command in ("install_rpm", "clean_install"):
            for version, expected in (("1", "1.x86_64"), ("2", "2.noarch"), ("1", "1.x86_64")):
                self.ok(command, f"moved-{version}-1")
                self.assertEqual(self.version("moved"), expected, command)
        self.assertIn("is installed already", self.ok("install_rpm", "moved"))
        self.assertIn("another version of moved is installed", self.fails("clean_install", "moved-2-1", "true", "true"))

    def test_named_version_of_a_registered_package(self) -> None:
        for version, expected in (("1", "1.x86_64"), ("2", "2.noarch"), ("1", "1.x86_64")):
            self.ok("clean_install", f"moved-{version}-1", "true", "true")
            self.assertEqual(self.version("moved"), expected)
        self.assertFalse(os.path.exists(self.path("/usr/share/moved")))
        self.ok("clean_install", "moved-1-1")
        self.assertEqual(self.version("moved"), "1.x86_64")
        self.assertTrue(os.path.exists(self.path("/usr/share/moved")))

    def test_library_behind_a_present_library(self) -> None:
        self.ok("clean_install", "libone", "true")
        self.assertNotIn("libtwo", self.installed())
        self.ok("install_rpm", "thin")
        self.assertIn("libtwo", self.installed())
        self.ok("remove_package", "libtwo thin")
        os.makedirs(self.path("/opt"))
        shutil.copy(f"{FIXTURE}/tree/usr/bin/thin", self.path("/opt/thin"))
        self.ok("install_deps_for_binary", "/opt/thin")
        self.assertIn("libtwo", self.installed())

    def test_downloads_stay_and_urls_are_recorded(self) -> None:
        server = subprocess.Popen([sys.executable, "-u", "-m", "http.server", "--bind", "127.0.0.1", "0"],
                                  cwd=f"{self.top}/repo", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        url = "http://127.0.0.1:" + server.stdout.readline().split(" port ")[1].split()[0]
        self.addCleanup(os.environ.update, {name: os.environ.pop(name) for name in list(os.environ) if "proxy" in name.lower()})
        with open("/etc/yum.repos.d/fixture.repo", encoding="utf-8") as file:
            text = file.read()
        real_fixture.write("/etc/yum.repos.d/fixture.repo", text.replace(f"file://{self.top}/repo", url))
        self.ok("clean_install", "app")
        self.ok("clean_install", "data")
        self.ok("install_rpm", f"{url}/moved.rpm")
        self.assertLessEqual({"app.rpm", "dep.rpm", "deepdep.rpm", "data.rpm"}, set(os.listdir(f"{self.top}/download")))
        with open("/tmp/packages/rpms.tsv", encoding="utf-8") as file:
            origins = [line.rstrip("\n").split("\t")[2] for line in file]
        self.assertIn(f"{url}/moved.rpm", origins)
        self.ok("cleanup", "x")
        self.assertFalse(os.path.exists(f"{self.top}/download"))

    # trust

    def test_newroot_that_trusts_another_key(self) -> None:
        subprocess.run(["rpm", "--root", self.newroot, "--import", f"{FIXTURE}/other/key.asc"], check=True)
        self.ok("install_rpm", "dep")
        self.ok("install_binary", "/usr/share/data/file")

    def test_unsigned_package(self) -> None:
        self.assertIn("signature check failed", self.fails("install_rpm", f"{self.top}/unsigned/dep.rpm"))
        self.assertEqual(self.installed(), set())

    def test_unsigned_package_in_a_signed_repository(self) -> None:
        shutil.rmtree(f"{self.top}/repo")
        shutil.copytree(f"{FIXTURE}/partly-unsigned", f"{self.top}/repo")
        self.assertIn("signature check failed", self.fails("install_rpm", "dep"))
        self.assertEqual(self.installed(), set())

    def test_package_changed_after_the_metadata(self) -> None:
        with open(f"{self.top}/repo/dep.rpm", "r+b") as file:
            file.seek(-3, os.SEEK_END)
            file.write(b"xyz")
        self.assertIn("is not what the repository describes", self.fails("install_rpm", "dep"))

    def test_changed_metadata(self) -> None:
        with open(f"{self.top}/repo/repodata/repomd.xml", "a", encoding="utf-8") as file:
            file.write("<!-- changed -->")
        self.assertIn("repositories cannot be used", self.fails("install_rpm", "dep"))

    def test_metadata_without_signature(self) -> None:
        os.unlink(f"{self.top}/repo/repodata/repomd.xml.asc")
        self.assertIn("repositories cannot be used", self.fails("install_rpm", "dep"))

    # scriptlets

    def test_lent_tools_are_returned(self) -> None:
        self.ok("install_rpm", "scripted")
        self.assertTrue(os.path.isdir(self.path("/var/lib/scripted")))
        left = [os.path.join(place, name) for place, folders, files in os.walk(self.newroot) for name in folders + files]
        self.assertEqual([path for path in left if os.path.islink(path) and "fakeroot" in os.readlink(path)], [])
        for gone in ("/fakeroot", "/dev", "/usr/bin/grep", "/etc/login.defs", "/usr/lib64/ld-linux-x86-64.so.2"):
            self.assertFalse(os.path.lexists(self.path(gone)), gone)

    def test_package_that_chooses_its_name(self) -> None:
        self.ok("install_rpm", "chosen")
        self.assertEqual(os.readlink(self.path("/usr/bin/chosen")), "/etc/alternatives/chosen")
        self.assertEqual(os.readlink(self.path("/etc/alternatives/chosen")), "/usr/bin/chosen-1")
        self.assertEqual(os.listdir(self.path("/usr/sbin")), [])
        self.assertIn("lead nowhere are removed: /etc/alternatives/chosen-more /usr/bin/chosen-more\n", self.ok("cleanup", "x"))
        self.ok("validate_symlinks")
        self.ok("remove_package", "chosen")
        for gone in ("/usr/bin/chosen", "/etc/alternatives", "/var/lib/alternatives"):
            self.assertFalse(os.path.lexists(self.path(gone)), gone)

    def test_failing_scriptlets(self) -> None:
        self.assertIn("badpost: warning: %post(badpost-1-1.x86_64) scriptlet failed", self.fails("install_rpm", "badpost"))
        self.assertFalse(os.path.lexists(self.path("/fakeroot")))
        self.assertIn("nosuchtool", self.fails("install_rpm", "badtool"))
        self.assertIn("badpre", self.fails("install_rpm", "badpre"))

    def test_tolerated_scriptlets(self) -> None:
        self.fails("install_rpm", "badpost", EXPECTED_RPM_SCRIPTLET_FAILURES="badpost-other")
        self.ok("clean_install", "deepdep badpost", "true", EXPECTED_RPM_SCRIPTLET_FAILURES="x badpost")
        self.ok("install_rpm", "badtool", BADTOOL_IGNORE_SCRIPTLET_ERRORS="1")

    # clean_install, remove_package

    def test_dependencies_and_exclusion(self) -> None:
        self.ok("clean_install", "dep", "true", "true")
        self.assertFalse(os.path.exists(self.path("/usr/share/dep")))
        self.ok("clean_install", "app")
        self.assertEqual(self.installed(), {"dep", "app"})
        self.ok("remove_package", "dep", "true")
        self.assertEqual(self.installed(), {"app"})
        self.ok("install_rpm", "dep")
        self.assertTrue(os.path.exists(self.path("/usr/share/dep")))

    def test_registered_package_gets_its_files(self) -> None:
        self.ok("clean_install", "libone one", "true", "true")
        self.ok("install_rpm", "one")
        self.assertTrue(os.path.exists(self.path("/usr/lib64/libone.so.1")))
        self.ok("clean_install", "data", "true", "true")
        self.ok("clean_install", "data")
        self.assertTrue(os.path.exists(self.path("/usr/share/data/file")))

    def test_false_is_not_true(self) -> None:
        self.ok("clean_install", "app", "false", "false")
        self.assertEqual(self.installed(), {"app", "dep", "deepdep"})

    def test_file_dependency_outside_the_primary_metadata(self) -> None:
        self.ok("clean_install", "data-user")
        self.assertIn("data", self.installed())

    def test_remove_package(self) -> None:
        self.ok("clean_install", "app")
        self.assertIn("nothere is not installed", self.ok("remove_package", "app nothere"))
        self.assertEqual(self.installed(), set())

    def test_remove_package_in_all_versions(self) -> None:
        subprocess.run(["rpm", "--root", self.newroot, "-i", "--justdb", "--nodeps", "--replacefiles",
                        f"{self.top}/repo/moved.rpm", f"{self.top}/repo/moved-2.rpm"], check=True)
        self.assertEqual(len(self.version("moved").split()), 2)
        self.ok("remove_package", "moved", "true")
        self.assertEqual(self.installed(), set())

    def test_named_package_is_no_dependency(self) -> None:
        for command in ("install_rpm", "clean_install"):
            self.ok("clean_install", "app")
            self.ok(command, "deepdep")
            self.ok("remove_package", "app")
            self.assertEqual(self.installed(), {"deepdep"}, command)
            self.ok("remove_package", "deepdep")

    def test_registering_erases_no_obsoleted_entry(self) -> None:
        self.ok("install_rpm", "old")
        self.ok("clean_install", "replacement", "true", "true")
        self.assertEqual(self.installed(), {"old", "replacement"})
        self.assertTrue(os.path.exists(self.path("/usr/share/old")))

    def test_install_binary(self) -> None:
        self.ok("install_binary", "/usr/bin/su*d", "/usr/share/data/file", "/bin/sh")
        self.assertTrue(os.path.exists(self.path("/usr/share/data/file")))
        self.assertTrue(os.path.isfile(self.path("/usr/bin/sh")))
        self.assertFalse(os.path.exists(self.path("/usr/bin/bash")))
        self.assertLessEqual({"suid", "libone", "libtwo", "glibc", "data", "bash"}, self.installed())
        self.ok("install_rpm", "bash")
        self.assertTrue(os.path.exists(self.path("/usr/bin/bash")))
        self.assertIn("no package has the file /usr/bin/nothing", self.fails("install_binary", "/usr/bin/nothing"))

    def test_database_says_which_files_are_there(self) -> None:
        self.ok("install_rpm", "filesystem", "thin")
        self.ok("clean_install", "app", "true", "true")
        self.ok("install_binary", "/usr/bin/su*d")
        self.ok("cleanup", "x")
        for name in ("app", "suid", "thin"):
            verified = subprocess.run(["rpm", "--root", self.newroot, "-V", "--nodeps", "--nomtime", name],
                                      capture_output=True, text=True, check=False)
            # Copied without the privilege of its package.
            self.assertEqual(verified.stdout, ".M.......    /usr/bin/suid\n" if name == "suid" else "", name)
        self.assertIn("not installed", self.states("app"))
        self.assertNotIn("not installed", self.states("suid"))
        self.ok("install_rpm", "app")
        self.ok("cleanup", "x")
        self.assertNotIn("not installed", self.states("app"))
        os.unlink(self.path("/usr/bin/thin"))
        self.ok("cleanup", "x")
        self.assertNotIn("not installed", self.states("thin"))

    def states(self, name: str) -> str:
        return subprocess.run(["rpm", "--root", self.newroot, "-qs", name], capture_output=True, text=True, check=True).stdout

    def test_package_name_with_a_version_in_it(self) -> None:
        self.ok("install_binary", "/usr/share/tool-17-extra")
        self.assertEqual(self.installed(), {"tool-17-extra"})

    def test_library_in_a_private_directory(self) -> None:
        self.ok("install_rpm", "filesystem", "private-user")
        self.assertIn("libprivate", self.installed())
        self.ok("validate_libraries")
        self.ok("install_rpm", "private-stranger")
        result = self.run_command("validate_libraries")
        self.assertIn("/usr/bin/private-stranger: libprivate.so.1 not found", result.stderr)
        self.assertNotIn("private-user", result.stderr)

    def test_commands_of_the_other_generation_do_nothing(self) -> None:
        before = sorted(os.listdir("/etc/yum.repos.d"))
        self.ok("enable_extra", "nginx1")
        self.ok("enable_docker_install")
        self.assertEqual(sorted(os.listdir("/etc/yum.repos.d")), before)
        self.assertEqual(self.run_command("if_al2", "false").returncode, 0)
        self.assertEqual(self.run_command("if_al2023", "false").returncode, 1)

    def test_clean_docs_and_clean_yum(self) -> None:
        self.ok("install_rpm", "documented")
        for cache in ("/var/cache/dnf/x", "/var/cache/yum/x"):
            os.makedirs(self.path(cache))
        self.ok("clean_docs")
        self.ok("clean_yum")
        self.assertEqual(os.listdir(self.path("/usr/share/doc/documented")), ["LICENSE"])
        self.assertEqual(os.listdir(self.path("/var/cache/dnf")) + os.listdir(self.path("/var/cache/yum")), [])

    def test_install_deps_for_binary(self) -> None:
        os.makedirs(self.path("/opt"))
        shutil.copy(f"{FIXTURE}/tree/usr/bin/one", self.path("/opt/one"))
        self.ok("install_deps_for_binary", "/opt/one")
        self.assertEqual(self.installed(), {"libone", "libtwo", "glibc"})

    def test_registered_package_whose_library_dnf_counts_on(self) -> None:
        self.ok("clean_install", "libtwo", "true", "true")
        self.ok("clean_install", "libone")
        self.assertTrue(os.path.exists(self.path("/usr/lib64/libtwo.so.2")))

    def test_cut_short(self) -> None:
        self.ok("install_rpm", "data")
        os.mkdir(self.path("/fakeroot"))
        for argv in (["install_rpm", "dep"], ["cleanup", "x"], ["remove_package", "data"]):
            self.assertIn("an install was cut short", self.fails(*argv))

    # cleanup, validate

    def test_same_bytes_whenever_and_however_often(self) -> None:
        databases = []
        for order in (["one", "app", "scripted", "glibc"], ["scripted", "one", "glibc", "app"]):
            shutil.rmtree(self.newroot)
            os.mkdir(self.newroot)
            self.import_key()
            for word in order:
                self.ok("install_rpm", word)
            for _again in range(2):
                self.ok("cleanup", "x")
                with open(self.path("/var/lib/rpm/rpmdb.sqlite"), "rb") as file:
                    databases.append(file.read())
        self.assertEqual(len(set(databases)), 1)
        self.assertEqual(os.listdir(self.path("/var/lib/rpm")), ["rpmdb.sqlite"])
        young = [p for p, _d, _f in os.walk(self.newroot) if os.lstat(p).st_mtime > int(EPOCH)]
        self.assertEqual(young, [])

    def test_cleanup_keeps_licences_and_takes_leftovers(self) -> None:
        self.ok("install_rpm", "filesystem", "documented")
        for place in ("/etc/passwd-", "/etc/machine-id", "/var/log/dnf.log", "/tmp/x", "/run/y", "/etc/junk.cnf", "/dev/null"):
            os.makedirs(os.path.dirname(self.path(place)), exist_ok=True)
            real_fixture.write(self.path(place), "x")
        self.ok("cleanup", "docs", CLEANUP_UNNECESSARY_FILES="/etc/*.cnf")
        self.assertEqual(os.listdir(self.path("/usr/share/doc/documented")), ["LICENSE"])
        for place in ("/etc/passwd-", "/etc/machine-id", "/var/log/dnf.log", "/tmp/x", "/run/y", "/etc/junk.cnf", "/dev/null"):
            self.assertFalse(os.path.lexists(self.path(place)), place)
        with open("/tmp/packages/docs", encoding="utf-8") as file:
            self.assertEqual(file.read(), "documented-1-1.x86_64\nfilesystem-1-1.x86_64\n")

    def test_cleanup_keeps_directories_and_links_of_the_recipe(self) -> None:
        self.ok("install_rpm", "filesystem")
        os.chmod(self.path("/tmp"), 0o1777)
        os.makedirs(self.path("/run/service/empty"))
        os.makedirs(self.path("/var/tmp"))
        os.symlink("../run", self.path("/var/log/link"))
        os.mkfifo(self.path("/run/service/pipe"))
        real_fixture.write(self.path("/run/service/lock"), "")
        real_fixture.write(self.path("/var/tmp/x"), "")
        self.ok("cleanup", "x")
        self.assertEqual(os.listdir(self.path("/run/service")), ["empty"])
        self.assertEqual(os.readlink(self.path("/var/log/link")), "../run")
        self.assertEqual(os.listdir(self.path("/var/tmp")), [])
        self.assertEqual(os.stat(self.path("/tmp")).st_mode & 0o7777, 0o1777)

    def test_validate_finds_a_missing_library_and_link(self) -> None:
        self.ok("clean_install", "libone", "true")
        result = self.run_command("validate_libraries")
        self.assertEqual(result.returncode, 1)
        self.assertIn("/usr/lib64/libone.so.1: libtwo.so.2 not found", result.stderr)
        os.symlink("/usr/bin/env", self.path("/usr/bin/only-on-the-builder"))
        self.fails("validate_symlinks")
        self.ok("validate_symlinks", IGNORE_DANGLING_SYMLINKS="true")

    def test_twenty_wrong_things(self) -> None:
        """Each gets one line that names what is wrong, and an exit code that is not 0."""
        wrong = {
            ("install_rpm",): "needs at least one package",
            ("install_rpm", "libtow"): "there is no package libtow",
            ("install_rpm", "--nogpgcheck", "one"): "unknown option --nogpgcheck",
            ("install_rpm", "/no/such.rpm"): "/no/such.rpm",
            ("install_rpm", f"{self.top}/unsigned/dep.rpm"): "signature",
            ("install_rpm", "orphan"): "libnobody.so.9",
            ("clean_install",): "needs at least one package",
            ("clean_install", "nothing-of-this-name"): "there is no package nothing-of-this-name",
            ("clean_install", "app", "true", "yes"): "'yes' stands where only true or false can",
            ("clean_install", "app", "true", "true", "true", "/x", "more"): "'more' is one argument too many",
            ("install_binary",): "needs at least one absolute path",
            ("install_binary", "usr/bin/one"): "'usr/bin/one' is not an absolute path",
            ("install_binary", "/usr/bin/nothing"): "no package has the file /usr/bin/nothing",
            ("install_binary", "/usr/bin/nothing*"): "no package has the file /usr/bin/nothing*",
            ("install_deps_for_binary", "/usr/bin/gone"): "/usr/bin/gone is no file in",
            ("remove_package", "app", "true", "more"): "'true' can only be the last argument",
            ("cleanup",): "needs one name",
            ("cleanup", "two", "names"): "needs one name",
            ("clean_docs", "everything"): "takes no arguments, got 'everything'",
            ("validate", "now"): "takes no arguments, got 'now'",
            ("enable_extra",): "one extra",
            ("if_al2023",): "command",
            ("if_al2023", "nosuchprogram"): "nosuchprogram",
        }
        for argv, message in wrong.items():
            result = self.run_command(*argv)
            self.assertNotEqual(result.returncode, 0, argv)
            self.assertEqual(result.stderr.count("\n"), 1, (argv, result.stderr))
            self.assertIn(message, result.stderr, argv)
            self.assertTrue(result.stderr.startswith(f"{argv[0]}: "), result.stderr)
        self.assertEqual(self.installed(), set())

    def test_bad_use(self) -> None:
        self.assertIn("SOURCE_DATE_EPOCH is ''", self.fails("cleanup", "x", SOURCE_DATE_EPOCH=""))
        self.assertIn("NEWROOT is not set", self.fails("install_rpm", "one", NEWROOT=""))
        self.assertIn("NEWROOT is 'here'", self.fails("install_rpm", "one", NEWROOT="here"))
        self.assertIn("unknown option --nogpgcheck", self.fails("install_rpm", "--nogpgcheck", "one"))
        self.assertIn("DEP_SCRIPTLET_REQS has grep;", self.fails("install_rpm", "dep", DEP_SCRIPTLET_REQS="/bin/sh grep"))
        self.assertIn("Not a directory", self.fails("install_rpm", "dep", DOWNLOAD_DIR=f"{self.top}/key.asc/below"))
        self.assertIn("needs at least one package", self.fails("remove_package", "true"))
        self.assertIn("where only true or false", self.fails("clean_install", "x", "true", "yes"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
