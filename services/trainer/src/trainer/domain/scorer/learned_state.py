"""How far the scorers have come: counts, losses, and the bytes to go on from."""

from typing import NamedTuple

from ratchet.contract import Value
from trainer.domain.scorer.learning_rate import Schedule, started
from trainer.domain.scorer.rules import LearningRules

_RECENT = 50


class Losses(Value):
    """Mean squared errors, the newest last; `best` is the least validation loss ever."""

    recent: tuple[float, ...] = ()
    validation: tuple[float, ...] = ()
    best: float | None = None

    def trained(self, loss: float) -> "Losses":
        return self.model_copy(update={"recent": (*self.recent, loss)[-_RECENT:]})

    def validated(self, loss: float) -> "Losses":
        best = loss if self.best is None else min(self.best, loss)
        kept = (*self.validation, loss)[-_RECENT:]
        return self.model_copy(update={"validation": kept, "best": best})


class Progress(Value):
    """After the revision numbered `cursor`; of `heard_of` that were read, `taught` taught.

    `rules` are those under which it was learnt, with what `embedding`.
    """

    rules: LearningRules
    embedding: str
    schedule: Schedule
    cursor: int = 0
    heard_of: int = 0
    taught: int = 0
    steps: int = 0
    widgets: Losses = Losses()
    plans: Losses = Losses()
    rewards: tuple[float, ...] = ()
    replay: int = 0
    validation: int = 0
    origin: str = "fresh"

    def heard(self, sequence: int, reward: float, replay: int, validation: int) -> "Progress":
        return self.model_copy(
            update={
                "cursor": sequence,
                "heard_of": self.heard_of + 1,
                "rewards": (*self.rewards, reward)[-_RECENT:],
                "replay": replay,
                "validation": validation,
            }
        )

    def stepped(self, steps: int, widgets: float, plans: float | None) -> "Progress":
        return self.model_copy(
            update={
                "taught": self.taught + 1,
                "steps": self.steps + steps,
                "widgets": self.widgets.trained(widgets),
                "plans": self.plans if plans is None else self.plans.trained(plans),
            }
        )

    def validated(self, schedule: Schedule, widgets: float, plans: float | None) -> "Progress":
        return self.model_copy(
            update={
                "schedule": schedule,
                "widgets": self.widgets.validated(widgets),
                "plans": self.plans if plans is None else self.plans.validated(plans),
            }
        )


class LearntState(NamedTuple):
    """`tensors` is a safetensors file: weights, and the optimizers' moments."""

    progress: Progress
    tensors: bytes


def begun(rules: LearningRules, embedding: str) -> Progress:
    return Progress(rules=rules, embedding=embedding, schedule=started(rules))
