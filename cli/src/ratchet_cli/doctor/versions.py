"""Compare versions as servers tell them."""

import re

_NUMBERS = re.compile(r"\d+(?:\.\d+)*")


def numbers(version: str) -> tuple[int, ...] | None:
    """The leading numbers of `0.12.11-rc1` or `v7.2`; None where there are none."""
    found = _NUMBERS.match(version.removeprefix("v"))
    return tuple(int(part) for part in found[0].split(".")) if found else None


def older(version: str, than: str) -> bool:
    """Whether `version` tells numbers, and they come before those of `than`."""
    mine, other = numbers(version), numbers(than)
    return mine is not None and other is not None and mine < other
