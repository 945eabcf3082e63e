"""How much memory the embedded Valkey may use."""

import os
import re

_UNITS = {"mb": 2**20, "gb": 2**30}
_USUAL = 2**30
LEAST = 64 * 2**20


class InvalidLimit(ValueError):
    """The message states what is wrong and what to pass."""


def usual_limit(machine: int | None = None) -> int:
    """1 GiB, on a small machine half of its memory.

    Rewriting the append-only file may take as much again, and the services need the rest.
    """
    return min(_USUAL, (machine or memory_of_machine()) // 2)


def read_limit(text: str, machine: int | None = None) -> int:
    """Bytes of a size such as `512mb` or `2gb`; raises `InvalidLimit`."""
    found = re.fullmatch(r"\s*(\d{1,6})\s*(mb|gb)\s*", text.lower())
    if found is None:
        raise InvalidLimit(f"{text!r} is not a size; pass one such as 512mb or 2gb")
    size = int(found[1]) * _UNITS[found[2]]
    most = (machine or memory_of_machine()) // 2
    if not LEAST <= size <= most:
        raise InvalidLimit(
            f"{text} is not within 64mb and {most // _UNITS['mb']}mb, half of this machine's "
            "memory: the services and the rewriting of the append-only file need the other half"
        )
    return size


def memory_of_machine() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
