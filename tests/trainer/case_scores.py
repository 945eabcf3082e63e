"""Cases, and scores of models with given figures, for the tests of the gate."""

from collections.abc import Callable, Sequence

from ratchet.contract import Aspect, Question, Reading
from trainer.domain.evaluation.cases import Case, Comparison, Part
from trainer.domain.evaluation.measures import SHARES, Measure
from trainer.domain.evaluation.scores import CaseScores, ModelScores, expected_measures

PLAN = '{"heading":"Pump 001","widgets":[{"scenario":"kpi","size":"normal"}]}'
Figure = float | Callable[[Case], float | None]
"""The same on every case, or as the case is; None if an answer does not show it."""

_PLAIN: dict[Measure, float] = {
    "preference_accuracy": 1.0,
    "margin": 0.5,
    "text_quality": 0.7,
    "grounded_accuracy": 0.15,
    "invented": 0.3,
    "untrue": 0.4,
    "precision": 0.5,
    "right_device": 0.9,
    "right_direction": 0.9,
    "refused": 0.0,
    "absent": 0.5,
    "stated_absent": 0.3,
    "json_validity": 1.0,
    "plan_agreement": 0.5,
    "likelihood": -1.0,
    "finished": 1.0,
    "words": 20.0,
    "kl": 0.0,
}


def cases_of(
    part: Part,
    aspect: Aspect,
    numbers: Sequence[int],
    language: str = "en",
    device: str = "pump",
    listed: bool = True,
) -> tuple[Case, ...]:
    """A case for each number, with a comparison, a requested reading and, for widgets, a plan.

    Unless `listed`, the prompt has no reading of the device.
    """
    return tuple(
        Case(
            case_id=f"{part}-{aspect}-{language}-{device}-{number}",
            part=part,
            aspect=aspect,
            question=Question(
                key=f"question-{number}",
                text=f"What is the power of {device} {number:03d}?",
                intent="query",
                device_type=device,
                asked=Reading(
                    equipment=f"{device} {number:03d}", metric="power", value=45, unit="kW"
                )
                if listed
                else None,
            ),
            prompt=f"Readings:\n- {device} {number if listed else number + 500:03d} power: 45 kW\n"
            "What is the power?",
            language=language,
            comparisons=(Comparison(chosen="45 kW.", rejected="46 kW."),),
            reference=PLAN if aspect == "widget" else None,
        )
        for number in numbers
    )


CASES = (
    *cases_of("held_out", "voice", range(24), device="mixer"),
    *cases_of("held_out", "widget", range(5), device="mixer"),
    *cases_of("regression", "voice", range(12)),
    *cases_of("regression", "voice", range(12, 24), device="chiller"),
    *cases_of("regression", "voice", range(24, 30), language="de"),
    *cases_of("regression", "widget", range(6)),
)


def number(case: Case) -> int:
    return int(case.question.key.removeprefix("question-"))


def every(step: int) -> Callable[[Case], float]:
    """1 on every `step`th case, else 0."""
    return lambda case: float(number(case) % step == 0)


def shows(cases: Sequence[Case], **figures: Figure) -> ModelScores:
    """Scores for all measures of `cases`: `figures`, and those of a plain base for the rest."""
    expected = {**_PLAIN, **figures}

    def value(name: str, case: Case) -> float | None:
        figure = expected[name]
        return figure(case) if callable(figure) else figure

    return ModelScores(
        cases=tuple(
            CaseScores(
                case_id=case.case_id,
                answer="said" if case.asks else None,
                scores={
                    name: figure
                    for name in (*expected_measures(case), *_shown(case))
                    if (figure := value(name, case)) is not None
                },
            )
            for case in cases
        )
    )


def _shown(case: Case) -> tuple[Measure, ...]:
    """What depends on the answer, or on a sample."""
    if not case.asks:
        return ()
    return ("kl", *SHARES) if case.aspect == "voice" else ("kl",)
