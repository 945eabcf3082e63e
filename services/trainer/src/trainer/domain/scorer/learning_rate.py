"""The learning-rate schedule: halved on a plateau, reset on drift."""

from ratchet.contract import Value
from trainer.domain.scorer.rules import LearningRules


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
