"""The results of a simulation, and the requests that a client would send for them, in order."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class Reaction:
    """A body for the feedback route, sent `delay_s` seconds after the answer.

    `rating` is present only in the body of an operator who gave one.
    """

    delay_s: float
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Truth:
    """The hidden truth of a turn; turns of one `situation` answer the same question.

    `voice` is the kind of spoken answer, `voice_quality` and `plan_quality` the true qualities of
    answer and plan in 0..1. `is_listed` tells whether the readings have what is asked.
    """

    situation: int
    area: str
    voice: str
    voice_quality: float
    plan_quality: float
    is_listed: bool = True


@dataclass(frozen=True, slots=True)
class Turn:
    """One experience as the Command Center stores it, its feedback ordered by delay."""

    experience: dict[str, Any]
    feedback: tuple[Reaction, ...]
    truth: Truth


@dataclass(frozen=True)
class Call:
    """One body for `path`, sent at simulated time `at`."""

    at: datetime
    path: str
    body: dict[str, object]


def timeline(turns: Iterable[Turn]) -> list[Call]:
    """Experiences at their time and feedback after its delay, earliest first."""
    calls: list[Call] = []
    for turn in turns:
        answered_at = datetime.fromisoformat(str(turn.experience["timestamp"]))
        calls.append(Call(answered_at, "/v1/experiences", turn.experience))
        calls.extend(
            Call(answered_at + timedelta(seconds=reaction.delay_s), "/v1/feedback", reaction.body)
            for reaction in turn.feedback
        )
    return sorted(calls, key=lambda call: call.at)
