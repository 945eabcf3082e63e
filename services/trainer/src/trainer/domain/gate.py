"""May the challenger take the champion's place? Only with evidence, never for want of it."""

from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import Field

from ratchet.events.base import Value
from ratchet.events.run import Interval, Scores

_MUST_HOLD = ("text_quality", "grounded_accuracy", "json_validity")
_MUST_BE_MEASURED = ("text_quality", "grounded_accuracy")


class GateRules(Value):
    """The least preference accuracy on held-out pairs, in 0..1."""

    min_preference_accuracy: float = Field(default=0.7, ge=0, le=1)


class Ruling(Value):
    verdict: Literal["accepted", "refused"]
    reason: str


def rule(after: Scores, gains: Mapping[str, Interval], rules: GateRules) -> Ruling:
    """Accept when preferences were learnt, nothing is credibly worse and something better.

    "Credibly" means that the 95 % interval of the gain leaves out zero. What was not measured
    is a reason to refuse, not to hope.
    """
    problems = [*_missing(after, gains), *_unlearnt(after, rules), *_worse(gains)]
    if problems:
        return Ruling(verdict="refused", reason="; ".join(problems))
    better = [name for name in _MUST_HOLD if name in gains and gains[name].low > 0]
    figures = ", ".join(_figure(name, gains[name]) for name in _MUST_HOLD if name in gains)
    learnt = f"preference accuracy {after.preference_accuracy:.2f}"
    if not better:
        return Ruling(
            verdict="refused",
            reason=f"no credible gain over the champion: {figures}; {learnt}",
        )
    names = " and ".join(_spoken(name) for name in better)
    return Ruling(verdict="accepted", reason=f"{names} credibly better: {figures}; {learnt}")


def _missing(after: Scores, gains: Mapping[str, Interval]) -> Iterator[str]:
    if after.preference_accuracy is None:
        yield "no held-out pair measured preference accuracy"
    for name in _MUST_BE_MEASURED:
        if name not in gains:
            yield f"no held-out question measured {_spoken(name)}"


def _unlearnt(after: Scores, rules: GateRules) -> Iterator[str]:
    accuracy = after.preference_accuracy
    if accuracy is not None and accuracy < rules.min_preference_accuracy:
        yield (
            f"preference accuracy {accuracy:.2f} is below {rules.min_preference_accuracy:.2f} "
            "on the held-out pairs"
        )


def _worse(gains: Mapping[str, Interval]) -> Iterator[str]:
    for name in _MUST_HOLD:
        if name in gains and gains[name].high < 0:
            yield f"credibly worse: {_figure(name, gains[name])}"


def _figure(name: str, gain: Interval) -> str:
    return f"{_spoken(name)} {gain.mean:+.2f} [{gain.low:+.2f}, {gain.high:+.2f}]"


def _spoken(name: str) -> str:
    return "JSON validity" if name == "json_validity" else name.replace("_", " ")
