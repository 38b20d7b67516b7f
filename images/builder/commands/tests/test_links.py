"""Files with several names, on an overlay as BuildKit runs each step in one."""
import os
import subprocess
import tempfile
import unittest

import here  # noqa: F401
from newroot import canonical

EPOCH = 1000


class Links(unittest.TestCase):
    def test_a_file_of_an_earlier_step_keeps_its_names_when_times_are_clamped(self):
        with tempfile.TemporaryDirectory() as folder:
            lower, upper, work, merged = (os.path.join(folder, name) for name in ("l", "u", "w", "m"))
            for path in (os.path.join(lower, "bin"), upper, work, merged):
                os.makedirs(path)
            with open(os.path.join(lower, "tool"), "w", encoding="ascii") as file:
                file.write("a tool")
            os.link(os.path.join(lower, "tool"), os.path.join(lower, "bin", "alias"))
            options = f"lowerdir={lower},upperdir={upper},workdir={work}"
            subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, merged], check=True)
            try:
                canonical.clamp_times(merged, EPOCH)
                tool, alias, directory = (
                    os.lstat(os.path.join(merged, name)) for name in ("tool", "bin/alias", "bin")
                )
            finally:
                subprocess.run(["umount", merged], check=True)
        self.assertEqual(tool.st_ino, alias.st_ino)
        self.assertEqual([tool.st_mtime, directory.st_mtime], [EPOCH, EPOCH])


if __name__ == "__main__":
    unittest.main()
