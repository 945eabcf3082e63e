"""What a simulation yields: one answered question, the feedback on it, and the hidden truth."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Reaction:
    """A body for the feedback route, sent `delay_s` seconds after the answer.

    A body names `rating` only when a person gave a thumb; a judge's body never does.
    """

    delay_s: float
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Truth:
    """What only the simulator knows; turns of one `situation` answer the same question.

    `voice` is the kind of spoken answer and `voice_quality`, `plan_quality` its true worth
    and that of the plan in 0..1.
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
