"""The answers of a run are reported with their judgment."""

from ratchet.contract import Answer
from trainer.domain.evaluation.answer_comparisons import answer_comparisons
from trainer.domain.evaluation.cases import Case
from trainer.domain.evaluation.scores import CaseScores, ModelScores

from .case_scores import CASES, cases_of

[VOICE] = cases_of("held_out", "voice", [1])
TRUE = "The power of pump 001 is 45 kW."


def answers_of(case: Case, before: str, after: str) -> Answer:
    [answer] = answer_comparisons([case], says([case], before), says([case], after))
    return answer


def says(cases: list[Case] | tuple[Case, ...], text: str) -> ModelScores:
    return ModelScores(
        cases=tuple(CaseScores(case_id=case.case_id, answer=text, scores={}) for case in cases)
    )


def test_both_answers_to_a_held_out_spoken_question_are_reported():
    shown = answer_comparisons(CASES, says(CASES, "one"), says(CASES, "two"))
    assert len(shown) == 24
    assert (shown[3].before, shown[3].after) == ("one", "two")
    assert shown[3].question == "What is the power of mixer 003?"


def test_an_answer_has_every_fault_and_the_sentence_of_the_readings():
    answer = answers_of(VOICE, "Pump 001 draws 54 kW.", TRUE)
    assert answer.faults_before == ("wrong_value",)
    assert answer.faults_after == ()
    assert answer.sentence == TRUE
    two = answers_of(VOICE, "Pump 001 draws 54 kW. Pump 009 draws 80 kW.", TRUE)
    assert two.faults_before is not None
    assert len(two.faults_before) == 2


def test_a_question_that_asks_for_no_reading_has_no_judgment():
    unread = VOICE.question.model_copy(update={"asked": None, "text": "Any news?"})
    answer = answers_of(VOICE.model_copy(update={"question": unread}), "one", "two")
    assert (answer.faults_before, answer.faults_after, answer.sentence) == (None, None, "")
