"""The files of the image that the newroot began as, for those who build on published builder images.

A Dockerfile there ends `FROM base` and `COPY --from=… /newroot/ /`, and a COPY deletes nothing. The workshop's own
builds have no record: they delete from the final image what is gone from the newroot.
"""
from __future__ import annotations

import contextlib
import os
from typing import Iterator, Set

from newroot.cli import note

RECORD = "/usr/lib/newroot/base"
"""Builder paths of all files and links, each with a NUL behind it. A published builder image is made with it."""
SHOWN = 5


@contextlib.contextmanager
def remarks(root: str) -> Iterator[None]:
    """Context that names the files of the base image which are gone at its end and were not at its beginning."""
    before = gone(root)
    yield
    remark(root, gone(root) - before)


def remark(root: str, paths: Set[str]) -> None:
    """Says that a last stage on the base image would keep these files, and what to do."""
    if not paths:
        return
    some = ", ".join(sorted(paths)[:SHOWN]) + (", …" if len(paths) > SHOWN else "")
    note(
        f"{len(paths)} files of the base image are gone from {root}: {some}. COPY deletes nothing: a last stage FROM "
        f"the base image keeps them. Make it FROM scratch, with COPY --from=… {root}/ / and the base image's ENV, USER "
        "and the like, or leave them in"
    )


def gone(root: str) -> Set[str]:
    """Paths inside the root of recorded files that are not there any more; none without a record."""
    try:
        with open(RECORD, "rb") as file:
            recorded = os.fsdecode(file.read()).split("\0")
    except FileNotFoundError:
        return set()
    return {path[len(root):] for path in recorded if path.startswith(root + "/") and not os.path.lexists(path)}
