import tempfile
import time
import unittest

import here
from newroot import scriptlets

LOG = """D: %pre(nginx-filesystem-1:1.30-1.noarch): scriptlet start
D: %pre(nginx-filesystem-1:1.30-1.noarch): execv(/bin/sh) pid 7
+ echo 'x: command not found'
/var/tmp/rpm-tmp.abc: line 2: getent: command not found
D: %pre(nginx-filesystem-1:1.30-1.noarch): waitpid(7) rc 7 status 0
D: %post(ca-certificates-2023-1.noarch): scriptlet start
warning: %post(ca-certificates-2023-1.noarch) scriptlet failed, exit status 127
D: %post(dashed-1-1.x86_64): scriptlet start
/var/tmp/rpm-tmp.def: 3: systemctl: not found
file x: not found in the image
warning: /repo/a.rpm: Header V4 RSA/SHA512 Signature, key ID ba6b32c8: NOKEY
"""


class Gate(unittest.TestCase):
    def test_failures_belong_to_their_packages(self) -> None:
        self.assertEqual(scriptlets.failures(LOG), {
            "nginx-filesystem": ["/var/tmp/rpm-tmp.abc: line 2: getent: command not found"],
            "ca-certificates": ["warning: %post(ca-certificates-2023-1.noarch) scriptlet failed, exit status 127"],
            "dashed": ["/var/tmp/rpm-tmp.def: 3: systemctl: not found"],
        })

    def test_clean_log(self) -> None:
        self.assertEqual(scriptlets.failures("D: %post(a-1-1.noarch): scriptlet start\nall fine\n"), {})

    def test_what_scriptlets_print(self) -> None:
        log = "\n".join([
            "Verifying packages...", "D: %pre(a-1-1.noarch): scriptlet start", "D: %pre(a-1-1.noarch): execv(/bin/sh) pid 7",
            "+ echo FATAL", "fdio:       2 writes,       39 total bytes in 0.00001 secs", "FATAL: cannot write\x1b[2J", "", "D: %pre(a-1-1.noarch): waitpid(7) rc 7 status 0", "a-1-1.noarch",
            "D: %post(b-1-1.noarch): scriptlet start", "warning: said already", "second", "D: closed", "  third",
        ])
        self.assertEqual(list(scriptlets.outputs(log)), [
            ("%pre(a-1-1.noarch)", "FATAL: cannot write?[2J"), ("%post(b-1-1.noarch)", "second"),
        ])

    def test_watch_knows_which_scriptlet_runs(self) -> None:
        with tempfile.TemporaryFile() as log:
            watch = scriptlets.Watch(log.fileno(), 0)
            self.assertFalse(watch.expired())
            log.write(b"D: opening\nD: %post(b-1-1.noarch): scriptlet start\nD: %post(b-1-1.noarch): exe")
            log.flush()
            watch.expired()
            time.sleep(0.01)
            self.assertTrue(watch.expired())
            self.assertEqual(watch.running, "%post(b-1-1.noarch)")
            log.write(b"cv\nsome output\nD: %post(b-1-1.noarch): waitpid(7) rc 7 status 0\n")
            log.flush()
            self.assertFalse(watch.expired())

    def test_warnings_leave_out_missing_keys(self) -> None:
        self.assertEqual(len(scriptlets.warnings(LOG)), 1)
