"""Files that other users of the machine cannot read."""

import os
import stat
from contextlib import suppress
from pathlib import Path

_OTHERS = 0o007
_ALL_BUT_OWNER = 0o077


def create_private_files() -> None:
    """From here on this process and its children create files for their user only.

    A umask that excludes others already, such as systemd's 0027 for a group, remains.
    """
    umask = os.umask(_ALL_BUT_OWNER)
    if umask & _OTHERS == _OTHERS:
        os.umask(umask)


def create_private_directory(directory: Path) -> None:
    """Create `directory` for its user only; one that others can enter is closed to them."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    mode = stat.S_IMODE(directory.stat().st_mode)
    if mode & _OTHERS:
        # A directory of another user, such as the root of a volume, remains as it is.
        with suppress(PermissionError):
            directory.chmod(mode & ~_ALL_BUT_OWNER)
