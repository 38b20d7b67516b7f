"""Amazon Linux 2's optional repositories, for recipes that were written for it."""
from __future__ import annotations

import os
import shutil
from typing import List

from newroot import environment, process
from newroot.errors import UsageError

TOOL = "amazon-linux-extras"
REPOSITORY = "/etc/yum.repos.d/amzn2-extras.repo"


def enable_extra(words: List[str]) -> None:
    """Enables an extra where there are extras; elsewhere everything is in the main repository."""
    if len(words) != 1:
        raise UsageError("needs the name of one extra")
    if not shutil.which(TOOL):
        return
    process.checked([TOOL, "enable", words[0]])
    target = environment.settings().newroot + REPOSITORY
    os.makedirs(os.path.dirname(target), exist_ok=True)
    shutil.copy(REPOSITORY, target)
