"""One thing that was looked at: what was found, how it is judged, and how to mend it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warn", "fail", "skipped"]


@dataclass(frozen=True)
class Check:
    """`mend` is a sentence with the command or the setting; empty where nothing is to mend."""

    name: str
    level: Level
    found: str
    mend: str = ""


def ok(name: str, found: str) -> Check:
    return Check(name, "ok", found)


def warn(name: str, found: str, mend: str) -> Check:
    return Check(name, "warn", found, mend)


def fail(name: str, found: str, mend: str) -> Check:
    return Check(name, "fail", found, mend)


def skipped(name: str, why: str) -> Check:
    return Check(name, "skipped", why)


def worst(checks: Iterable[Check]) -> Level:
    """The gravest level; `ok` where nothing was found wrong, or nothing looked at."""
    levels = {check.level for check in checks}
    return "fail" if "fail" in levels else "warn" if "warn" in levels else "ok"
