"""Which parts of a running service do less than they should, read from its `/status`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Degraded:
    part: str
    reason: str


def degraded(facts: Mapping[str, Any]) -> list[Degraded]:
    """In the order of the facts; none where the service says that all is well."""
    found = [_of(part, said) for part, said in facts.items()]
    return [one for one in found if one is not None] + [
        Degraded(f"model {row['version']}", str(row["problem"]))
        for row in facts.get("models", ())
        if row.get("problem")
    ]


def _of(part: str, said: Any) -> Degraded | None:
    """`trouble` is a text; a part that has a `problem`, or is not `available`, says so itself."""
    if part == "trouble" and said:
        return Degraded("training", str(said))
    if not isinstance(said, Mapping):
        return None
    if said.get("problem"):
        return Degraded(part, str(said["problem"]))
    if said.get("available") is False:
        return Degraded(part, "does not answer; it is made to follow when it does")
    return None
