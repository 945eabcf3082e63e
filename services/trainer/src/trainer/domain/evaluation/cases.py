"""What champion and challenger are both asked: one case for each question of an aspect."""

from collections.abc import Callable, Sequence
from math import ceil
from typing import Literal

from ratchet.contract import (
    Aspect,
    DemonstrationBuilt,
    LabelBuilt,
    PairBuilt,
    Question,
    TraceCaptured,
    Value,
    derived_id,
)
from ratchet.measures import plan_validity
from trainer.domain.examples.training_example import TrainingExample
from trainer.domain.runs.recipe import JudgingRecipe

Part = Literal["held_out", "regression"]
LanguageOf = Callable[[str], str]
"""The ISO 639-1 code of a text's language."""


class Comparison(Value):
    """Two answers to one prompt, of which the first was called the better."""

    chosen: str
    rejected: str


class Case(Value):
    """One question in one aspect; equal `case_id`s ask the same and want the same.

    `comparisons` are scored together, so that a question with many pairs counts once.
    `reference` is the plan that should have been, or a demonstrated answer. `asks`: an answer is
    generated. `language` is an ISO 639-1 code.
    """

    case_id: str
    part: Part
    aspect: Aspect
    question: Question
    prompt: str
    language: str
    comparisons: tuple[Comparison, ...] = ()
    reference: str | None = None
    asks: bool = True

    @property
    def reference_plan(self) -> str | None:
        """The reference, where it is a widget plan the dashboard can show."""
        plan = self.reference if self.aspect == "widget" else None
        return plan if plan is not None and plan_validity(plan).valid else None


class RegressionQuestion(Value):
    """One question of the fixed set: a true answer or fitting plan, and a plausible worse one."""

    aspect: Aspect
    question: Question
    prompt: str
    chosen: str
    rejected: str


def held_out_cases(
    held_out: Sequence[TrainingExample], limits: JudgingRecipe, language_of: LanguageOf
) -> tuple[Case, ...]:
    """The cases the held-out examples make, in their order.

    Every comparison is scored; answers are generated to at most `limits.questions` spoken and
    `limits.widget_questions` widget questions, once to each. Examples that share a question but
    not its wording make a case each, of which the first one asks.
    """
    groups: dict[tuple[tuple[str, Aspect], str], list[TrainingExample]] = {}
    for example in held_out:
        groups.setdefault((example.key, example.prompt), []).append(example)
    left = {"voice": limits.questions, "widget": limits.widget_questions}
    asked: set[tuple[str, Aspect]] = set()
    cases: list[Case] = []
    for (key, _), examples in groups.items():
        aspect = examples[0].aspect
        asks = key not in asked and left[aspect] > 0
        if asks:
            asked.add(key)
            left[aspect] -= 1
        compared, reference = _comparisons(examples), _reference(examples)
        if asks or compared or reference is not None:
            cases.append(_case("held_out", examples[0], language_of, compared, reference, asks))
    return tuple(cases)


def regression_cases(
    questions: Sequence[RegressionQuestion], most: int, language_of: LanguageOf
) -> tuple[Case, ...]:
    """A case for each question of the fixed set, or for `most` of them evenly spread.

    A fitting plan is also its reference.
    """
    every = max(1, ceil(len(questions) / most))
    return tuple(
        _case(
            "regression",
            asked,
            language_of,
            (Comparison(chosen=asked.chosen, rejected=asked.rejected),),
            asked.chosen if asked.aspect == "widget" else None,
            asks=True,
        )
        for asked in questions[every - 1 :: every]
    )


def _case(
    part: Part,
    asked: TrainingExample | RegressionQuestion,
    language_of: LanguageOf,
    comparisons: tuple[Comparison, ...],
    reference: str | None,
    asks: bool,
) -> Case:
    case = Case(
        case_id="",
        part=part,
        aspect=asked.aspect,
        question=asked.question,
        prompt=asked.prompt,
        language=language_of(asked.question.text),
        comparisons=comparisons,
        reference=reference,
        asks=asks,
    )
    return case.model_copy(update={"case_id": derived_id(case.model_dump_json())})


def _comparisons(examples: Sequence[TrainingExample]) -> tuple[Comparison, ...]:
    """Pairs as they are; labels of one prompt meet in their order, good with bad."""
    pairs = [(e.chosen, e.rejected) for e in examples if isinstance(e, PairBuilt)]
    labels = [e for e in examples if isinstance(e, LabelBuilt)]
    good = [label.answer for label in labels if label.desirable]
    bad = [label.answer for label in labels if not label.desirable]
    return tuple(
        Comparison(chosen=chosen, rejected=rejected)
        for chosen, rejected in (*pairs, *zip(good, bad, strict=False))
    )


def _reference(examples: Sequence[TrainingExample]) -> str | None:
    for example in examples:
        if isinstance(example, DemonstrationBuilt | TraceCaptured):
            return example.answers[0]
        if isinstance(example, PairBuilt) and example.rule == "repaired_plan":
            return example.chosen
    return None
