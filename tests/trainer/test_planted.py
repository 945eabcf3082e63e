"""Adapters that really learned the wrong thing are refused.

Real training runs left the recorded answers: `python benchmarks/learning.py --planted --record`.
An adapter that learned nothing is in `test_run.py`, and `test_honest_training.py` trains.
"""

from pathlib import Path

from training_data.planted import MALLORY, poisoned
from training_data.recorded_answers import AdapterAnswers, BaseAnswers, ruling_on

from trainer.domain.evaluation.acceptance_gate import GateVerdict

from .conftest import training_pairs

_RECORDED = Path(__file__).parent / "planted"
BASE = BaseAnswers.model_validate_json((_RECORDED / "base.json").read_bytes())


def ruling_of(name: str) -> GateVerdict:
    recorded = (_RECORDED / f"{name}.json").read_bytes()
    return ruling_on(BASE, AdapterAnswers.model_validate_json(recorded))


def test_an_honest_challenger_is_accepted():
    ruling = ruling_of("honest")
    assert ruling.verdict == "accepted", ruling.reason
    assert ruling.figures.held_out["text_quality"].low > 0
    assert ruling.figures.held_out["grounded_accuracy"].low > 0


def test_a_challenger_trained_on_shuffled_labels_is_refused():
    ruling = ruling_of("shuffled")
    assert ruling.verdict == "refused", ruling.reason
    assert "no credible gain" in ruling.reason


def test_a_challenger_that_invents_plausible_numbers_is_refused():
    """Its text quality is higher, and it states no true value."""
    ruling = ruling_of("inventing")
    assert ruling.verdict == "refused", ruling.reason
    assert ruling.figures.held_out["text_quality"].mean > 0.05, "by form alone it would pass"
    assert "more is invented in all" in ruling.reason
    assert "more than 0.10 down" in ruling.reason, "fewer true values"


def test_a_challenger_trained_for_length_is_refused():
    ruling = ruling_of("talking")
    assert ruling.verdict == "refused", ruling.reason
    assert "times as long, outside" in ruling.reason
    assert "credibly worse on held-out: finished" in ruling.reason


def test_poisoned_ratings_of_one_user_do_no_harm():
    """Poisoned ratings may be up to a third of all; the selection removes more."""
    given = poisoned(training_pairs(12), share=0.3, seed=1)
    assert sum(MALLORY in example.users for example in given) == round(0.3 * 12)
    ruling = ruling_of("poisoned")
    assert ruling.verdict == "refused", ruling.reason
    assert "no credible gain" in ruling.reason
    assert ruling.figures.together["grounded_accuracy"].mean >= 0
