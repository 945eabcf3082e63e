"""Compares versions of servers."""

import re

_NUMBERS = re.compile(r"\d+(?:\.\d+)*")


def numbers(version: str) -> tuple[int, ...] | None:
    """The leading numbers of `0.12.11-rc1` or `v7.2`; None if there are none."""
    match = _NUMBERS.match(version.removeprefix("v"))
    return tuple(int(part) for part in match[0].split(".")) if match else None


def older(version: str, than: str) -> bool:
    """Whether `version` begins with numbers that are lower than those of `than`."""
    mine, other = numbers(version), numbers(than)
    return mine is not None and other is not None and mine < other
