"""Adapters that really learned the wrong thing are refused.

Real training runs left the recorded answers: `python benchmarks/learning.py --planted --record`.
An adapter that learned nothing is in `test_run.py`, and `test_honest_training.py` trains.
"""

from pathlib import Path

from training_data.planted import MALLORY, poisoned
from training_data.recorded_answers import AdapterAnswers, BaseAnswers, ruling_on

from trainer.domain.evaluation.acceptance_gate import GateVerdict
from trainer.domain.evaluation.cases import Case
from trainer.domain.evaluation.scores import GeneratedAnswer

from .conftest import training_pairs

_RECORDED = Path(__file__).parent / "planted"
BASE = BaseAnswers.model_validate_json((_RECORDED / "base.json").read_bytes())


def ruling_of(name: str) -> GateVerdict:
    recorded = (_RECORDED / f"{name}.json").read_bytes()
    return ruling_on(BASE, AdapterAnswers.model_validate_json(recorded))


def true_answers() -> AdapterAnswers:
    """What the honest adapter would have said, had it copied the requested reading."""
    learned = AdapterAnswers.model_validate_json((_RECORDED / "honest.json").read_bytes())
    return learned.model_copy(
        update={
            "observed": tuple(
                seen._replace(answer=GeneratedAnswer(true_sentence(case), True))
                for case, seen in zip(BASE.cases, learned.observed, strict=True)
            )
        }
    )


def true_sentence(case: Case) -> str:
    asked = case.question.asked
    assert asked is not None
    return f"The {asked.metric} of {asked.equipment} is {asked.value:g} {asked.unit}."


def test_a_challenger_that_answers_truly_is_accepted():
    ruling = ruling_on(BASE, true_answers())
    assert ruling.verdict == "accepted", ruling.reason
    assert ruling.figures.held_out["grounded_accuracy"].low > 0
    assert ruling.figures.together["untrue"].high < 0


def test_an_honest_challenger_that_garbles_names_is_refused():
    """The old recipe: better text, more true answers, and "Eliminator 020" for an extruder."""
    ruling = ruling_of("honest")
    assert ruling.verdict == "refused", ruling.reason
    assert ruling.figures.held_out["text_quality"].low > 0
    assert ruling.figures.held_out["grounded_accuracy"].low > 0
    assert ruling.reason.startswith(
        "the right device is named less often than with the champion: right device -0.09"
    )


def test_a_challenger_trained_on_shuffled_labels_is_refused():
    ruling = ruling_of("shuffled")
    assert ruling.verdict == "refused", ruling.reason
    assert "more is invented than with the champion" in ruling.reason


def test_a_challenger_that_invents_plausible_numbers_is_refused():
    """Its text quality is higher, and it states no true value."""
    ruling = ruling_of("inventing")
    assert ruling.verdict == "refused", ruling.reason
    assert ruling.figures.held_out["text_quality"].mean > 0.05, "by form alone it would pass"
    assert "more is invented than with the champion" in ruling.reason
    assert "more answers are untrue than with the champion" in ruling.reason
    assert "a smaller share of the statements is true" in ruling.reason
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
