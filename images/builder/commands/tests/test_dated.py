import struct
import unittest

import here
from newroot import dated


def keystore(*times: int) -> bytes:
    body = dated.KEYSTORE_HEADER.pack(dated.KEYSTORE_MAGIC, 2, len(times))
    for time in times:
        body += struct.pack(">IH1sQH5sI4s", dated.CERTIFICATE, 1, b"a", time, 5, b"X.509", 4, b"cert")
    return body + dated.checksum(body)


class Dates(unittest.TestCase):
    def test_keystore(self) -> None:
        self.assertEqual(dated.clamp_keystore(keystore(5_000, 99_000), 10), keystore(5_000, 10_000))
        self.assertIsNone(dated.clamp_keystore(keystore(99_000)[:-1] + b"x", 10))
        self.assertIsNone(dated.clamp_keystore(b"", 10))

    def test_shadow(self) -> None:
        epoch = 19000 * dated.DAY
        self.assertEqual(
            dated.clamp_shadow(b"root:*:18000:0:\nnginx:!:20781::::::\nx:!:::\n", epoch),
            b"root:*:18000:0:\nnginx:!:19000::::::\nx:!:::\n",
        )
