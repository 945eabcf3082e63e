"""The scores of one model: every measure of every case, and their means."""

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite, nan
from typing import NamedTuple

from ratchet.contract import Scores, Value
from ratchet.measures import plan_validity, text_quality
from trainer.domain.evaluation.answer_truth import expected_truth, truth_scores
from trainer.domain.evaluation.cases import Case
from trainer.domain.evaluation.measures import MEASURES, Measure
from trainer.domain.evaluation.plan_agreement import plan_agreement


class GeneratedAnswer(NamedTuple):
    """`finished`: the model ended the answer within the token limit."""

    text: str
    finished: bool


class CaseObservation(NamedTuple):
    """The output of one model for one case; None or empty for what the case does not measure.

    `comparisons` holds the log-probabilities of each chosen and rejected answer and `reference`
    that of the reference: means over the tokens in nats, end token included. `kl` is the
    divergence from the base model along the generated answer (nats, mean over its tokens).
    """

    answer: GeneratedAnswer | None = None
    comparisons: tuple[tuple[float, float], ...] = ()
    reference: float | None = None
    kl: float | None = None


class CaseScores(Value):
    """The measures of one case; `answer` is the generated text, if any."""

    case_id: str
    answer: str | None = None
    scores: dict[Measure, float]


class ModelScores(Value):
    """The scores of one model on the cases, in their order."""

    cases: tuple[CaseScores, ...] = ()

    def scores_of(self, measure: Measure, case_ids: Iterable[str]) -> dict[str, float]:
        """The values of a measure, for the cases that have one."""
        selected = set(case_ids)
        return {
            case.case_id: case.scores[measure]
            for case in self.cases
            if case.case_id in selected and measure in case.scores
        }

    def means(self, cases: Sequence[Case]) -> Scores:
        """The mean of every measure over `cases`."""
        ids = [case.case_id for case in cases]
        by_measure = {name: list(self.scores_of(name, ids).values()) for name in MEASURES}
        return Scores.model_validate(
            {
                name: sum(values) / len(values) if values else None
                for name, values in by_measure.items()
            }
        )

    @property
    def answers(self) -> Mapping[str, str]:
        """The generated texts by `case_id`."""
        return {case.case_id: case.answer for case in self.cases if case.answer is not None}


def expected_measures(case: Case) -> frozenset[Measure]:
    """The measures that a complete evaluation has of `case`, whatever the model answers.

    The divergence is not among them: it is measured on a sample of the cases.
    """
    names: list[Measure] = []
    if case.comparisons:
        names += ["preference_accuracy", "margin"]
    if case.reference is not None:
        names += ["likelihood"]
    if case.asks and case.aspect == "voice":
        names += ["text_quality", "finished", "words", *expected_truth(case)]
    if case.asks and case.aspect == "widget":
        names += ["json_validity", "finished"]
        if case.reference_plan is not None:
            names += ["plan_agreement"]
    return frozenset(names)


def model_scores(cases: Sequence[Case], observed: Sequence[CaseObservation]) -> ModelScores:
    """Score the observations of each case.

    `preference_accuracy` is the share of a case's comparisons whose chosen answer has the higher
    mean log-probability per token. Unlike DPO's implicit reward, whose ratio is 1 for the base by
    definition, this works for any model, and short answers have no advantage. `margin` is the
    mean difference. `truth_scores` are those of a spoken answer's truth. A value that is not
    finite counts as not measured.
    """
    return ModelScores(
        cases=tuple(_scored(case, one) for case, one in zip(cases, observed, strict=True))
    )


def _scored(case: Case, observed: CaseObservation) -> CaseScores:
    scores: dict[Measure, float] = {}
    if observed.comparisons:
        differences = [chosen - rejected for chosen, rejected in observed.comparisons]
        known = all(map(isfinite, differences))
        scores["preference_accuracy"] = (
            sum(d > 0 for d in differences) / len(differences) if known else nan
        )
        scores["margin"] = sum(differences) / len(differences)
    if observed.reference is not None:
        scores["likelihood"] = observed.reference
    if observed.kl is not None:
        scores["kl"] = observed.kl
    if observed.answer is not None:
        scores["finished"] = float(observed.answer.finished)
        scores |= (_spoken if case.aspect == "voice" else _planned)(case, observed.answer.text)
    return CaseScores(
        case_id=case.case_id,
        answer=observed.answer.text if observed.answer else None,
        scores={name: value for name, value in scores.items() if isfinite(value)},
    )


def _spoken(case: Case, answer: str) -> dict[Measure, float]:
    return {
        "text_quality": text_quality(answer, case.question.text).total,
        "words": float(len(answer.split())),
        **truth_scores(case, answer),
    }


def _planned(case: Case, answer: str) -> dict[Measure, float]:
    scores: dict[Measure, float] = {"json_validity": float(plan_validity(answer).valid)}
    if case.reference_plan is not None:
        scores["plan_agreement"] = plan_agreement(answer, case.reference_plan)
    return scores
