import tempfile
import unittest

import here  # noqa: F401
from newroot import triggers

SHELL = "%transfiletriggerpostun(glibc-common-2.34-1.x86_64)"
LUA = "%transfiletriggerin(systemd-252-1.x86_64)"
LOG = f"""D: erase: bash-5-1
D: {SHELL}: scriptlet start
fdio:       2 writes,       21 total bytes in 0.000007 secs
D: {SHELL}: execv(/bin/sh) pid 775
error: failed to exec scriptlet interpreter /bin/sh: No such file or directory
D: {SHELL}: waitpid(775) rc 775 status 7f00
warning: {SHELL} scriptlet failed, exit status 127
warning: /etc/a created as /etc/a.rpmnew
D: exiting chroot /newroot/
D: {LUA}: running <lua> scriptlet.
error: lua script failed: [string "{LUA}"]:3: no program
D: exiting chroot /newroot/
the end"""


class Vain(unittest.TestCase):
    def test_each_run_has_its_lines(self) -> None:
        self.assertEqual([(trigger, len(lines)) for trigger, lines in triggers.runs(LOG)],
                         [(None, 1), (SHELL, 7), (None, 1), (LUA, 2), (None, 2)])

    def test_what_is_said_is_the_trigger_s_or_about_it(self) -> None:
        run = dict(triggers.runs(LOG))[SHELL]
        self.assertEqual([run.index(line) for line in run if triggers.is_said(SHELL, line)], [1, 3, 5])
        self.assertEqual(triggers.package_of(SHELL), "glibc-common")

    def test_an_interpreter_that_is_there_is_not_lost(self) -> None:
        with tempfile.TemporaryDirectory() as root:
            said = LOG.splitlines()
            self.assertTrue(triggers.lost_interpreter(root, said))
            self.assertFalse(triggers.lost_interpreter("/", said))
            self.assertFalse(triggers.lost_interpreter(root, said[6:]))


if __name__ == "__main__":
    unittest.main()
