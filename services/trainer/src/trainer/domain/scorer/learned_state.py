"""The learned state: the learning rate, progress counts, losses and the tensors to resume from."""

from typing import NamedTuple

from ratchet.contract import Value
from trainer.domain.scorer.rules import LearningRules

_RECENT = 50


class Schedule(Value):
    """`best` is the lowest validation loss at this rate, `since` the steps after it.

    A loss is relative to that of a scorer that always predicts 0, so that losses over the
    experiences of different days can be compared.
    """

    rate: float
    best: float | None = None
    since: int = 0
    decays: int = 0
    restarts: int = 0


def initial_schedule(rules: LearningRules) -> Schedule:
    return Schedule(rate=rules.learning_rate)


def next_schedule(schedule: Schedule, loss: float, steps: int, rules: LearningRules) -> Schedule:
    """The schedule `steps` later, when the validation loss is `loss`.

    A loss of more than `drift` times the best means that preferences have changed: the rate and
    the best are reset.
    """
    best, since = schedule.best, schedule.since + steps
    if best is None or loss < best * (1 - rules.improvement):
        return schedule.model_copy(update={"best": loss, "since": 0})
    if loss > best * rules.drift and schedule.rate < rules.learning_rate:
        fresh = {"rate": rules.learning_rate, "best": loss, "since": 0}
        return schedule.model_copy(update={**fresh, "restarts": schedule.restarts + 1})
    if since < rules.patience or schedule.rate <= rules.least_learning_rate:
        return schedule.model_copy(update={"since": since})
    rate = max(schedule.rate / 2, rules.least_learning_rate)
    return schedule.model_copy(update={"rate": rate, "since": 0, "decays": schedule.decays + 1})


class Losses(Value):
    """Mean squared errors, newest last; `best` is the lowest validation loss so far."""

    recent: tuple[float, ...] = ()
    validation: tuple[float, ...] = ()
    best: float | None = None

    def with_training(self, loss: float) -> "Losses":
        return self.model_copy(update={"recent": (*self.recent, loss)[-_RECENT:]})

    def with_validation(self, loss: float) -> "Losses":
        best = loss if self.best is None else min(self.best, loss)
        validation = (*self.validation, loss)[-_RECENT:]
        return self.model_copy(update={"validation": validation, "best": best})


class LearningProgress(Value):
    """The progress after revision number `cursor`: `heard_of` revisions read, `taught` learned.

    `rules` and `embedding` are those in use while learning. The field names are stored as JSON.
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

    def with_revision(
        self, sequence: int, reward: float, replay: int, validation: int
    ) -> "LearningProgress":
        return self.model_copy(
            update={
                "cursor": sequence,
                "heard_of": self.heard_of + 1,
                "rewards": (*self.rewards, reward)[-_RECENT:],
                "replay": replay,
                "validation": validation,
            }
        )

    def with_steps(self, steps: int, widgets: float, plans: float | None) -> "LearningProgress":
        return self.model_copy(
            update={
                "taught": self.taught + 1,
                "steps": self.steps + steps,
                "widgets": self.widgets.with_training(widgets),
                "plans": self.plans if plans is None else self.plans.with_training(plans),
            }
        )

    def with_validation(
        self, schedule: Schedule, widgets: float, plans: float | None
    ) -> "LearningProgress":
        return self.model_copy(
            update={
                "schedule": schedule,
                "widgets": self.widgets.with_validation(widgets),
                "plans": self.plans if plans is None else self.plans.with_validation(plans),
            }
        )


class LearnedState(NamedTuple):
    """`tensors` is a safetensors file with the weights and the optimizers' moments."""

    progress: LearningProgress
    tensors: bytes


def initial_progress(rules: LearningRules, embedding: str) -> LearningProgress:
    return LearningProgress(rules=rules, embedding=embedding, schedule=initial_schedule(rules))
