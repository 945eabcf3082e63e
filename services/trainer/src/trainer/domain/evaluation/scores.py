"""What one model did, case by case: every measure a case asks for, and the means."""

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite, nan
from typing import Literal, NamedTuple, get_args

from ratchet.contract import Answer, Scores, Value
from ratchet.measures import RequestedReading, grounded, plan_validity, text_quality
from trainer.domain.evaluation.cases import Case
from trainer.domain.evaluation.plan_agreement import plan_agreement

Measure = Literal[
    "preference_accuracy",
    "margin",
    "text_quality",
    "grounded_accuracy",
    "invented",
    "json_validity",
    "plan_agreement",
    "likelihood",
    "finished",
    "words",
    "kl",
]
MEASURES: tuple[Measure, ...] = get_args(Measure)


class Said(NamedTuple):
    """A generated answer; `finished`: it ended by itself within its tokens."""

    text: str
    finished: bool


class Observed(NamedTuple):
    """What one model did with one case; None or empty where the case does not ask for it.

    `comparisons` holds the log-probabilities of each chosen and rejected answer, `reference`
    that of the reference, as means over their tokens (nats), the end mark included. `kl` is the
    divergence from the base model along the model's own answer (nats, mean over its tokens).
    """

    said: Said | None = None
    comparisons: tuple[tuple[float, float], ...] = ()
    reference: float | None = None
    kl: float | None = None


class CaseScores(Value):
    """`answer` is what was generated, None where nothing was."""

    case_id: str
    answer: str | None = None
    scores: dict[Measure, float]


class Judged(Value):
    """How one model did on the cases, in their order."""

    cases: tuple[CaseScores, ...] = ()

    def scores_of(self, measure: Measure, case_ids: Iterable[str]) -> dict[str, float]:
        """The measure of each of these cases that has it."""
        wanted = set(case_ids)
        return {
            case.case_id: case.scores[measure]
            for case in self.cases
            if case.case_id in wanted and measure in case.scores
        }

    def means(self, cases: Sequence[Case]) -> Scores:
        """The mean of every measure over `cases`."""
        ids = [case.case_id for case in cases]
        found = {name: list(self.scores_of(name, ids).values()) for name in MEASURES}
        return Scores.model_validate(
            {name: sum(values) / len(values) if values else None for name, values in found.items()}
        )

    @property
    def answers(self) -> Mapping[str, str]:
        """What was generated, by `case_id`."""
        return {case.case_id: case.answer for case in self.cases if case.answer is not None}


def expected(case: Case) -> frozenset[Measure]:
    """What a whole judgement measures on `case`; groundedness needs the reading asked for.

    The divergence is measured on some of the cases only.
    """
    names: list[Measure] = []
    if case.comparisons:
        names += ["preference_accuracy", "margin"]
    if case.reference is not None:
        names += ["likelihood"]
    if case.asks and case.aspect == "voice":
        names += ["text_quality", "finished", "words"]
        if case.question.asked is not None:
            names += ["grounded_accuracy", "invented"]
    if case.asks and case.aspect == "widget":
        names += ["json_validity", "finished"]
        if case.reference_plan is not None:
            names += ["plan_agreement"]
    return frozenset(names)


def judge(cases: Sequence[Case], observed: Sequence[Observed]) -> Judged:
    """Score what was observed of each case.

    `preference_accuracy` is the share of a case's comparisons whose chosen answer the model finds
    likelier by mean log-probability of a token: unlike DPO's implicit reward, whose ratio is 1
    for the base by definition, that can be asked of any model, and no answer gains by being
    short. `margin` is the mean difference. `invented` is 1 where an answer has any number that
    the prompt does not support. What is not finite counts as not measured.
    """
    return Judged(
        cases=tuple(_scored(case, seen) for case, seen in zip(cases, observed, strict=True))
    )


def compared(cases: Sequence[Case], before: Judged, after: Judged) -> tuple[Answer, ...]:
    """What both said to each held-out spoken question."""
    old, new = before.answers, after.answers
    return tuple(
        Answer(question=case.question.text, before=old[case.case_id], after=new[case.case_id])
        for case in cases
        if (case.part, case.aspect) == ("held_out", "voice")
        and case.case_id in old.keys() & new.keys()
    )


def _scored(case: Case, seen: Observed) -> CaseScores:
    scores: dict[Measure, float] = {}
    if seen.comparisons:
        differences = [chosen - rejected for chosen, rejected in seen.comparisons]
        known = all(map(isfinite, differences))
        scores["preference_accuracy"] = (
            sum(d > 0 for d in differences) / len(differences) if known else nan
        )
        scores["margin"] = sum(differences) / len(differences)
    if seen.reference is not None:
        scores["likelihood"] = seen.reference
    if seen.kl is not None:
        scores["kl"] = seen.kl
    if seen.said is not None:
        scores["finished"] = float(seen.said.finished)
        scores |= (_spoken if case.aspect == "voice" else _planned)(case, seen.said.text)
    return CaseScores(
        case_id=case.case_id,
        answer=seen.said.text if seen.said else None,
        scores={name: value for name, value in scores.items() if isfinite(value)},
    )


def _spoken(case: Case, answer: str) -> dict[Measure, float]:
    scores: dict[Measure, float] = {
        "text_quality": text_quality(answer, case.question.text).total,
        "words": float(len(answer.split())),
    }
    asked = case.question.asked
    if asked is not None:
        reading = RequestedReading(asked.equipment, asked.metric, asked.value, asked.unit)
        found = grounded(answer, case.prompt, reading)
        scores["grounded_accuracy"] = float(found.ok)
        scores["invented"] = float(bool(found.invented))
    return scores


def _planned(case: Case, answer: str) -> dict[Measure, float]:
    scores: dict[Measure, float] = {"json_validity": float(plan_validity(answer).valid)}
    if case.reference_plan is not None:
        scores["plan_agreement"] = plan_agreement(answer, case.reference_plan)
    return scores
