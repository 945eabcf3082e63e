"""The questions that champion and challenger both answer, one case for each."""

from collections.abc import Callable, Sequence
from math import ceil
from typing import Literal

from pydantic import Field

from ratchet.contract import (
    Aspect,
    ChatMessage,
    DemonstrationBuilt,
    LabelBuilt,
    PairBuilt,
    Question,
    TraceCaptured,
    Value,
    derived_id,
    one_turn,
)
from ratchet.measures import plan_validity, situation_of_chat
from ratchet_truth import JudgedSituation
from trainer.domain.examples.training_example import TrainingExample
from trainer.domain.examples.truth import situation_of_question
from trainer.domain.runs.recipe import JudgingRecipe

Part = Literal["held_out", "regression", "shadow"]
LanguageOf = Callable[[str], str | None]
"""The ISO 639-1 code of a text's language; None if it is not known."""
UNKNOWN_LANGUAGE = "unknown"


class Comparison(Value):
    """Two answers to one prompt; `chosen` is the better one."""

    chosen: str
    rejected: str


class Case(Value):
    """One question in one aspect; `case_id` is derived from the content.

    `comparisons` are scored together, so that a question with many pairs counts once.
    `reference` is the corrected plan or a demonstrated answer. With `asks` an answer is
    generated. `language` is an ISO 639-1 code or "unknown".
    """

    case_id: str
    part: Part
    aspect: Aspect
    question: Question
    prompt: str
    messages: tuple[ChatMessage, ...] = Field(default=(), exclude_if=lambda served: not served)
    language: str
    comparisons: tuple[Comparison, ...] = ()
    reference: str | None = None
    asks: bool = True

    @property
    def turns(self) -> tuple[ChatMessage, ...]:
        """The messages that a model is asked with."""
        return self.messages or one_turn(self.prompt)

    @property
    def situation(self) -> JudgedSituation | None:
        """What an answer is judged against; None if it is not known what is asked, or listed."""
        if self.part == "shadow":
            return situation_of_chat(self.messages)
        return situation_of_question(self.prompt, self.question)

    @property
    def reference_plan(self) -> str | None:
        """The reference if it is a valid widget plan."""
        plan = self.reference if self.aspect == "widget" else None
        return plan if plan is not None and plan_validity(plan).valid else None


class RegressionQuestion(Value):
    """A question of the fixed set, with a true answer or fitting plan and a plausible worse one."""

    aspect: Aspect
    question: Question
    prompt: str
    chosen: str
    rejected: str


def held_out_cases(
    held_out: Sequence[TrainingExample], limits: JudgingRecipe, language_of: LanguageOf
) -> tuple[Case, ...]:
    """The cases of the held-out examples, in their order.

    Every comparison is scored. Answers are generated for at most `limits.questions` spoken and
    `limits.widget_questions` widget questions, one for each. Examples that share a question but
    not a prompt make a case each, and only the first generates an answer.
    """
    groups: dict[tuple[tuple[str, Aspect], tuple[ChatMessage, ...]], list[TrainingExample]] = {}
    for example in held_out:
        groups.setdefault((example.key, example.turns), []).append(example)
    remaining = {"voice": limits.questions, "widget": limits.widget_questions}
    seen: set[tuple[str, Aspect]] = set()
    cases: list[Case] = []
    for (key, _), examples in groups.items():
        aspect = examples[0].aspect
        asks = key not in seen and remaining[aspect] > 0
        if asks:
            seen.add(key)
            remaining[aspect] -= 1
        comparisons, reference = _comparisons(examples), _reference(examples)
        if asks or comparisons or reference is not None:
            cases.append(_case("held_out", examples[0], language_of, comparisons, reference, asks))
    return tuple(cases)


def regression_cases(
    questions: Sequence[RegressionQuestion], most: int, language_of: LanguageOf
) -> tuple[Case, ...]:
    """A case for each question of the fixed set, or for at most `most`, evenly spaced.

    The chosen plan of a widget question is also its reference.
    """
    every = max(1, ceil(len(questions) / most))
    return tuple(
        _case(
            "regression",
            question,
            language_of,
            (Comparison(chosen=question.chosen, rejected=question.rejected),),
            question.chosen if question.aspect == "widget" else None,
            asks=True,
        )
        for question in questions[every - 1 :: every]
    )


def _case(
    part: Part,
    source: TrainingExample | RegressionQuestion,
    language_of: LanguageOf,
    comparisons: tuple[Comparison, ...],
    reference: str | None,
    asks: bool,
) -> Case:
    case = Case(
        case_id="",
        part=part,
        aspect=source.aspect,
        question=source.question,
        prompt=source.prompt,
        messages=() if isinstance(source, RegressionQuestion) else source.messages,
        language=language_of(source.question.text) or UNKNOWN_LANGUAGE,
        comparisons=comparisons,
        reference=reference,
        asks=asks,
    )
    return case.model_copy(update={"case_id": derived_id(case.model_dump_json())})


def _comparisons(examples: Sequence[TrainingExample]) -> tuple[Comparison, ...]:
    """Pairs as they are; the n-th desirable label of a prompt against its n-th undesirable one."""
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
