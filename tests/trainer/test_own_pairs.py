"""A model's own answers make at most one pair for each question, and counts decide on a round."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet.contract import PairBuilt
from trainer.domain.evaluation.scores import GeneratedAnswer
from trainer.domain.examples.training_example import TrainingExample
from trainer.domain.examples.truth import is_true, situation_of_example
from trainer.domain.on_policy.own_pairs import own_pair
from trainer.domain.on_policy.round import AnswerCounts, Round, counts_of

from .conftest import built, captured, label
from .copied_examples import pair

TRUE = "The power of pump 001 is 45.3 kW."
ALSO_TRUE = "Pump 001 draws 45.3 kW."
UNTRUE = "Pump 001 draws 54.3 kW."
EVADING = "Sure, let me check that for you."
ASKED = pair("It is at 45.3 kW.")
texts = st.sampled_from([TRUE, ALSO_TRUE, UNTRUE, EVADING, "It is at 71.4 kW.", ""])
answers_of = st.lists(st.builds(GeneratedAnswer, texts, finished=st.booleans()), max_size=6)


def said(*texts: str) -> list[GeneratedAnswer]:
    return [GeneratedAnswer(text, finished=True) for text in texts]


@given(answers_of)
def test_a_pair_prefers_a_true_answer_of_the_model_to_an_untrue_one(
    answers: list[GeneratedAnswer],
):
    situation = situation_of_example(ASKED)
    ended = {answer.text for answer in answers if answer.finished}
    verdicts = {is_true(text, situation) for text in ended}
    made = own_pair(ASKED, answers)
    assert (made is not None) == (verdicts >= {True, False})
    if made is not None:
        assert {made.chosen, made.rejected} <= ended
        assert is_true(made.chosen, situation) is True
        assert is_true(made.rejected, situation) is False
        assert (made.prompt, made.question) == (ASKED.prompt, ASKED.question)
        assert made.example_id == ASKED.example_id


@pytest.mark.parametrize("answers", [said(TRUE, ALSO_TRUE), said(UNTRUE, EVADING), []])
def test_samples_of_one_kind_make_no_pair(answers: Sequence[GeneratedAnswer]):
    assert own_pair(ASKED, answers) is None


def test_the_likeliest_answers_are_taken_and_what_is_false_before_what_says_nothing():
    made = own_pair(ASKED, said(ALSO_TRUE, EVADING, TRUE, EVADING, TRUE, UNTRUE))
    assert made is not None
    assert (made.chosen, made.rejected) == (TRUE, UNTRUE)
    made = own_pair(ASKED, said(TRUE, EVADING))
    assert made is not None
    assert (made.chosen, made.rejected) == (TRUE, EVADING)


def test_an_answer_that_did_not_end_is_in_no_pair():
    cut = GeneratedAnswer(TRUE, finished=False)
    assert own_pair(ASKED, [cut, *said(UNTRUE)]) is None


@pytest.mark.parametrize("origin", [built(0), label(0, False), captured(0)])
def test_every_kind_of_example_can_be_asked(origin: TrainingExample):
    update = {"prompt": ASKED.prompt, "question": ASKED.question}
    made = own_pair(origin.model_copy(update=update), said(TRUE, UNTRUE))
    assert isinstance(made, PairBuilt)
    assert made.example_id == origin.example_id


def test_a_question_that_the_readings_do_not_decide_makes_no_pair():
    assert own_pair(ASKED.model_copy(update={"prompt": "Hello."}), said(TRUE, UNTRUE)) is None


def test_answers_are_true_untrue_or_neither_and_one_that_does_not_end_is_never_true():
    answers = [*said(TRUE, UNTRUE, EVADING), GeneratedAnswer(TRUE, finished=False)]
    assert counts_of([ASKED] * 4, answers) == AnswerCounts(asked=4, true=1, untrue=1)


@pytest.mark.parametrize(
    ("true", "untrue", "verdict"),
    [(6, 3, "kept"), (6, 2, "kept"), (6, 4, "dropped"), (5, 3, "dropped"), (5, 0, "dropped")],
)
def test_a_round_is_kept_only_if_more_is_true_and_no_more_is_untrue(
    true: int, untrue: int, verdict: str
):
    before = AnswerCounts(asked=9, true=5, untrue=3)
    after = AnswerCounts(asked=9, true=true, untrue=untrue)
    one = Round(questions=5, pairs=3, before=before, after=after)
    assert one.is_kept == (verdict == "kept")
    assert one.description.endswith(f": {verdict}")


def test_a_round_without_pairs_is_not_kept():
    one = Round(questions=5, pairs=0, before=AnswerCounts(asked=9, true=9, untrue=0))
    assert not one.is_kept
    assert one.description == "no pairs of 5 questions"
