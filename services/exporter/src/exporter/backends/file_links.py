"""Links a file where the file system allows it, else copies it."""

import os
import shutil
from pathlib import Path


def link_or_copy(source: Path, target: Path) -> None:
    """Create `target` with the content of `source`, which must not change afterwards."""
    try:
        os.link(source.resolve(), target)
    except OSError:
        shutil.copyfile(source, target)
