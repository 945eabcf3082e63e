"""Good answers: the asked reading and what to compare it with, or that it is not there."""

from dataclasses import dataclass
from random import Random

from simulator.answers.shapes import state, state_absent
from simulator.situations import Situation

_QUALITY = 0.92


@dataclass(frozen=True, slots=True)
class SimulatedAnswer:
    """A spoken text, its kind (`good` or its fault) and its true quality in 0..1."""

    kind: str
    text: str
    quality: float


def good_answer(rng: Random, situation: Situation) -> SimulatedAnswer:
    """A true answer in one of the shapes of the situation's language."""
    write = state if situation.requested is not None else state_absent
    return SimulatedAnswer("good", write(rng, situation), _QUALITY)
