"""The result of one check: the finding, its level, and the remedy."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warn", "fail", "skipped"]


@dataclass(frozen=True)
class Check:
    """`remedy` is a sentence with the command or the setting; empty if nothing is wrong.

    `is_cause` is set for a fault that makes other checks fail, with remedies that do not help.
    """

    name: str
    level: Level
    finding: str
    remedy: str = ""
    is_cause: bool = False

    def as_json(self) -> dict[str, str]:
        return {"name": self.name, "level": self.level, "found": self.finding, "mend": self.remedy}


def ok(name: str, finding: str) -> Check:
    return Check(name, "ok", finding)


def warn(name: str, finding: str, remedy: str) -> Check:
    return Check(name, "warn", finding, remedy)


def fail(name: str, finding: str, remedy: str, *, is_cause: bool = False) -> Check:
    return Check(name, "fail", finding, remedy, is_cause)


def skipped(name: str, reason: str) -> Check:
    return Check(name, "skipped", reason)


def worst(checks: Iterable[Check]) -> Level:
    """The most severe level: `fail`, `warn`, else `ok`."""
    levels = {check.level for check in checks}
    return "fail" if "fail" in levels else "warn" if "warn" in levels else "ok"
