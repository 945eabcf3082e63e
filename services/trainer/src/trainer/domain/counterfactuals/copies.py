"""Copies of training examples with other facts, as a function of examples, recipe and seed."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from random import Random
from typing import Any, NamedTuple

from ratchet.contract import DemonstrationBuilt, LabelBuilt, PairBuilt, Reading, TraceCaptured
from trainer.domain.counterfactuals.change import Change
from trainer.domain.counterfactuals.drawing import draw_change
from trainer.domain.counterfactuals.edits import Unclear, with_text
from trainer.domain.counterfactuals.facts import Facts
from trainer.domain.counterfactuals.falsehoods import false_side
from trainer.domain.counterfactuals.other_questions import (
    TrueAnswer,
    absent_questions,
    other_questions,
)
from trainer.domain.counterfactuals.rewriting import (
    rewritten_answer,
    rewritten_prompt,
    rewritten_question,
)
from trainer.domain.examples.training_example import TrainingExample
from trainer.domain.examples.truth import is_true
from trainer.domain.runs.recipe import VariationRecipe, VariedPart

_ATTEMPTS = 3
_METRIC_SHARE = 0.5
"""The share of the copies whose metric is another, where that is certain."""


class Varied(NamedTuple):
    """The `examples` with their copies behind each, and the number of `copies`."""

    examples: tuple[TrainingExample, ...]
    copies: int


def varied(
    examples: Sequence[TrainingExample],
    recipe: VariationRecipe,
    seed: int,
    fits: Callable[[TrainingExample], bool] = lambda _: True,
) -> Varied:
    """The examples with their copies that fit, in the order of the examples.

    The copies of an example do not depend on the others, and have its `example_id`. Those with
    the readings of one prompt are neighbours.
    """
    found: list[TrainingExample] = []
    copies = 0
    for example in examples:
        facts = facts_to_vary(example)
        drawn = () if facts is None else copies_of(example, facts, recipe, seed)
        made = [copy for copy in drawn if all(map(fits, copy))]
        found += [example, *chain.from_iterable(made)]
        copies += len(made)
    return Varied(tuple(found), copies)


def facts_to_vary(example: TrainingExample) -> Facts | None:
    """The facts of a true spoken answer; None for other examples, which are not copied."""
    if example.aspect != "voice" or (isinstance(example, LabelBuilt) and not example.desirable):
        return None
    facts = Facts.of(example.prompt, example.question)
    return facts if facts and is_true(example.answers[0], facts.situation) is True else None


def copies_of(
    example: TrainingExample, facts: Facts, recipe: VariationRecipe, seed: int
) -> Iterator[tuple[TrainingExample, ...]]:
    """The copies of an example that are possible, no two of them with one prompt.

    Behind the example, and behind each copy with other readings, come the copies that ask for
    other readings of the same prompt. A copy of a pair is a pair, one of a label a desirable and
    an undesirable label, one of a demonstration or trace its answer.
    """
    prompts = {example.prompt}
    own = TrueAnswer(facts, example.answers[0], None)
    for number in range(-1, recipe.copies):
        rng = Random(f"{seed}:{example.example_id}:{number}")
        copy = own if number < 0 else _copy(rng, facts, example, recipe.parts)
        if copy is None or (copy is not own and copy.facts.prompt in prompts):
            continue
        questions = (
            *other_questions(rng, copy.facts, copy.answer, recipe.questions),
            *absent_questions(rng, copy.facts, copy.answer, recipe.absent),
        )
        for one in questions if copy is own else (copy, *questions):
            made = _example(rng, example, one)
            if made and one.facts.prompt not in prompts:
                prompts.add(one.facts.prompt)
                yield made


def _copy(
    rng: Random, facts: Facts, example: TrainingExample, parts: Sequence[VariedPart]
) -> TrueAnswer | None:
    """A copy whose answer is true; it varies fewer parts where all are not possible."""
    for tried in _fewer_and_fewer(rng, parts):
        for _ in range(_ATTEMPTS):
            change = draw_change(rng, facts, tried)
            copy = None if change is None else _changed(facts, example, change)
            if copy is not None:
                return copy
    return None


def _fewer_and_fewer(rng: Random, parts: Sequence[VariedPart]) -> Iterator[tuple[VariedPart, ...]]:
    left = tuple(parts)
    if "metrics" in left:
        if rng.random() < _METRIC_SHARE:
            yield left
        left = tuple(part for part in left if part != "metrics")
    if "devices" in left:
        yield left
        left = tuple(part for part in left if part != "devices")
    if "numbers" in left:
        yield left
        left = tuple(part for part in left if part != "numbers")
    if left:
        yield left


def _changed(facts: Facts, example: TrainingExample, change: Change) -> TrueAnswer | None:
    """The copy with these facts, if its prompt states exactly them and its answer is true."""
    try:
        text = rewritten_question(facts, change)
        prompt = rewritten_prompt(facts, change, text)
        question = facts.question.model_copy(
            update={"text": text, "asked": _asked(facts.question.asked, change)}
        )
        copied = Facts.of(prompt, question)
        expected = tuple(change.readings[row].reading for row in facts.readings)
        if copied is None or copied.readings != expected:
            return None
        new = copied.sentence or rewritten_answer(example.answers[0], facts, change)
    except Unclear:
        return None
    if len(copied.situation.requested) != len(facts.situation.requested):
        return None
    if is_true(new, copied.situation) is not True:
        return None
    return TrueAnswer(copied, new, _false(facts, example, change))


def _asked(asked: Reading | None, change: Change) -> Reading | None:
    """What a copy asks for; None if its origin asks for no reading of its prompt."""
    for old, new in change.readings.items():
        if asked is not None and (old.equipment, old.metric) == (asked.equipment, asked.metric):
            row = new.reading
            return Reading(
                equipment=row.equipment, metric=row.metric, value=row.value, unit=row.unit
            )
    return None


def _false(facts: Facts, example: TrainingExample, change: Change) -> str | None:
    """The rejected side of a pair with the facts of a copy, if they are certain."""
    if not isinstance(example, PairBuilt):
        return None
    try:
        return rewritten_answer(example.rejected, facts, change)
    except Unclear:
        return None


def _example(
    rng: Random, example: TrainingExample, copy: TrueAnswer
) -> tuple[TrainingExample, ...]:
    common: dict[str, Any] = {"prompt": copy.facts.prompt, "question": copy.facts.question}
    if example.messages:
        messages = with_text(example.messages, copy.facts.prompt)
        if messages is None:
            return ()
        common["messages"] = messages
    if isinstance(example, DemonstrationBuilt):
        return (example.model_copy(update={**common, "answer": copy.answer}),)
    if isinstance(example, TraceCaptured):
        return (example.model_copy(update={**common, "answer": copy.answer, "thinking": ""}),)
    false = false_side(rng, copy.answer, copy.facts, copy.false)
    if false is None:
        return ()
    if isinstance(example, PairBuilt):
        sides = {"chosen": copy.answer, "rejected": false}
        return (example.model_copy(update={**common, **sides}),)
    return (
        example.model_copy(update={**common, "answer": copy.answer}),
        example.model_copy(
            update={**common, "answer": false, "desirable": False, "reward": -example.reward}
        ),
    )
