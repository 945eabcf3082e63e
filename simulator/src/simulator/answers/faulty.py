"""Faulty answers, each kind with its frequency and true quality."""

from collections.abc import Callable
from random import Random

from simulator.answers.false_facts import FALSE
from simulator.answers.good import SimulatedAnswer
from simulator.answers.values import values_of
from simulator.situations import Situation
from simulator.wording import worded

_LONGEST, _SHORTEST = 7, 6

Writer = Callable[[Random, Situation], str | None]


def bad_answer(rng: Random, situation: Situation) -> SimulatedAnswer:
    """One faulty answer; the fault is drawn by its frequency among those that are possible."""
    while True:
        kind = rng.choices(tuple(FAULTS), [weight for weight, _, _ in FAULTS.values()])[0]
        _, quality, write = FAULTS[kind]
        text = write(rng, situation)
        if text is not None:
            return SimulatedAnswer(kind, text, quality)


def _filled(kind: str) -> Writer:
    def write(rng: Random, situation: Situation) -> str:
        template = rng.choice(worded(situation.tables.faults[kind], situation.wording))
        return template.format(**values_of(situation, spoken=False))

    return write


def _rambling(rng: Random, situation: Situation) -> str:
    sentences = situation.tables.faults["rambling"]
    chosen = sorted(rng.sample(range(len(sentences)), rng.randint(_SHORTEST, _LONGEST)))
    fields = values_of(situation, spoken=False)
    return " ".join(sentences[place].format(**fields) for place in chosen)


FAULTS: dict[str, tuple[float, float, Writer]] = {
    **{kind: (weight, 0.12, write) for kind, (weight, write) in FALSE.items()},
    "filler": (0.14, 0.25, _filled("filler")),
    "markdown": (0.1, 0.2, _filled("markdown")),
    "no_value": (0.11, 0.28, _filled("no_value")),
    "vague": (0.08, 0.18, _filled("vague")),
    "rambling": (0.06, 0.3, _rambling),
}
"""Each kind with its frequency weight, true quality in 0..1 and writer; None if not possible."""
