"""Hides passwords of this process's arguments from process lists."""

import ctypes
import sys
from pathlib import Path

_ARG_START, _ARG_END = 45, 46
"""Indexes in /proc/self/stat after the name of the command: fields 48 and 49 of proc(5)."""


def hide_passwords() -> None:
    """Overwrite the passwords in addresses among the arguments; other systems than Linux: none.

    Linux shows the memory that the arguments were passed in. `sys.argv` is a copy and remains.
    """
    addresses = [argument for argument in sys.argv if "://" in argument]
    if not addresses or not sys.platform.startswith("linux"):
        return
    from ratchet_text import masked

    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    start, end = int(fields[_ARG_START]), int(fields[_ARG_END])
    content = ctypes.string_at(start, end - start)
    for address in addresses:
        shown, passed = masked(address).encode(), address.encode("utf-8", "surrogateescape")
        content = content.replace(passed, shown[: len(passed)].ljust(len(passed), b"*"))
    if len(content) == end - start:
        ctypes.memmove(start, content, len(content))
