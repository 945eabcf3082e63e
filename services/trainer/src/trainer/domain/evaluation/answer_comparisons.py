"""The answers of both models to the held-out spoken questions, each with its judgment."""

from collections.abc import Sequence

from ratchet.contract import Answer
from ratchet_truth import JudgedSituation, judge, true_answer
from trainer.domain.evaluation.cases import Case
from trainer.domain.evaluation.scores import ModelScores


def answer_comparisons(
    cases: Sequence[Case], before: ModelScores, after: ModelScores
) -> tuple[Answer, ...]:
    """An `Answer` for each held-out spoken question that both models answered."""
    old, new = before.answers, after.answers
    return tuple(
        _judged(case, old[case.case_id], new[case.case_id])
        for case in cases
        if (case.part, case.aspect) == ("held_out", "voice")
        and case.case_id in old.keys() & new.keys()
    )


def _judged(case: Case, before: str, after: str) -> Answer:
    situation = case.situation
    if situation is None:
        return Answer(question=case.question.text, before=before, after=after)
    sentence = true_answer(situation)
    return Answer(
        question=case.question.text,
        before=before,
        after=after,
        faults_before=_faults(before, situation),
        faults_after=_faults(after, situation),
        # Whoever counts on the sentence must not be misled by one that is not true either.
        sentence="" if _faults(sentence, situation) else sentence,
    )


def _faults(answer: str, situation: JudgedSituation) -> tuple[str, ...]:
    return tuple(fault.verdict.value for fault in judge(answer, situation).faults)
