import os
import tempfile
import time
import unittest

import here
from newroot import process


class Processes(unittest.TestCase):
    def test_ends_by_itself(self) -> None:
        with tempfile.TemporaryFile() as output:
            self.assertEqual(process.run_until(["sh", "-c", "echo out; echo err >&2; exit 3"], output, lambda: True), 3)
            self.assertEqual(os.pread(output.fileno(), 100, 0), b"out\nerr\n")

    def test_is_killed_with_all_that_it_started(self) -> None:
        with tempfile.TemporaryFile() as output:
            started = time.monotonic()
            script = "sh -c 'setsid sleep 76543; true' & echo $!; wait; true"
            self.assertIsNone(process.run_until(["sh", "-c", script], output, lambda: True))
            self.assertLess(time.monotonic() - started, 30)
            child = int(os.pread(output.fileno(), 100, 0))
            for _attempt in range(50):
                if not os.path.exists(f"/proc/{child}") and not self.sleeps():
                    break
                time.sleep(0.1)
            self.assertEqual(self.sleeps(), [])

    def sleeps(self) -> list:
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    found += [pid] if file.read() == b"sleep\x0076543\x00" else []
            except OSError:
                pass
        return found
