"""The result of a simulation: an experience, its feedback, and the hidden truth."""

from dataclasses import dataclass
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
    answer and plan in 0..1.
    """

    situation: int
    area: str
    voice: str
    voice_quality: float
    plan_quality: float


@dataclass(frozen=True, slots=True)
class Turn:
    """One experience as the Command Center stores it, its feedback ordered by delay."""

    experience: dict[str, Any]
    feedback: tuple[Reaction, ...]
    truth: Truth
