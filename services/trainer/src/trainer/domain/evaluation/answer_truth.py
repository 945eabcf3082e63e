"""The truth of a generated spoken answer, by the one judgment of `ratchet_truth`."""

from ratchet_truth import JudgedSituation, Verdict, judge
from trainer.domain.evaluation.cases import Case
from trainer.domain.evaluation.measures import Measure


def expected_truth(case: Case) -> frozenset[Measure]:
    """The measures that every answer to `case` has; none if what it asks about is not known."""
    situation = case.situation
    return frozenset() if situation is None else frozenset(_of_every_answer(situation))


def truth_scores(case: Case, answer: str) -> dict[Measure, float]:
    """The measures of one answer, each 0 or 1.

    `untrue` is an answer that states something false, or another reading instead of the asked
    one; `invented`, the part of these with a value that no reading supports. `right_device`: the
    asked device is named, and no value is said of another. Of a listed reading,
    `grounded_accuracy` is a true answer and `refused` one that calls it absent. Of a reading that
    is not listed, `absent` is an answer that says so, and `stated_absent` an untrue one.

    Only an answer that is true or untrue has `precision` (true), and only one that states a
    direction has `right_direction`. The mean of `precision` is a / (a + b) for a true and b
    untrue answers.
    """
    situation = case.situation
    if situation is None:
        return {}
    judgment = judge(answer, situation)
    kinds: dict[Measure, bool] = {
        "untrue": judgment.is_untrue,
        "invented": judgment.invents,
        "right_device": judgment.device_named and not judgment.has(Verdict.WRONG_DEVICE),
        "grounded_accuracy": judgment.is_true,
        "refused": judgment.has(Verdict.REFUSED),
        "absent": judgment.is_true,
        "stated_absent": judgment.is_untrue,
    }
    scores = {name: float(kinds[name]) for name in _of_every_answer(situation)}
    if judgment.is_true or judgment.is_untrue:
        scores["precision"] = float(judgment.is_true)
    if judgment.direction_stated:
        scores["right_direction"] = float(not judgment.has(Verdict.WRONG_DIRECTION))
    return scores


def _of_every_answer(situation: JudgedSituation) -> tuple[Measure, ...]:
    listed = [topic.row is not None for topic in situation.requested]
    always: tuple[Measure, ...] = ("untrue", "invented", "right_device")
    if all(listed):
        return (*always, "grounded_accuracy", "refused")
    return always if any(listed) else (*always, "absent", "stated_absent")
