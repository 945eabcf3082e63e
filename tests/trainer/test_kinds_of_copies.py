"""What the copies of pairs, labels and demonstrations are, and how many."""

from datetime import UTC, datetime

import pytest

from ratchet.contract import LabelBuilt, TraceCaptured
from ratchet_truth import readings_in
from trainer.domain.counterfactuals.copies import varied
from trainer.domain.examples.truth import is_true, situation_of_example
from trainer.domain.runs.recipe import VariationRecipe, VariedPart

from .copied_examples import ORIGINS, PUMPS, RECIPE, copies, pair


def test_the_rejected_sides_are_of_every_kind():
    recipe = VariationRecipe(questions=0, absent=0, copies=20, parts=("values",))
    rejected = "Sure, let me check that for you."
    kinds = set()
    for copy in copies(pair("Pump 001 is at 45.3 kW.", rejected), recipe):
        values = [f"{row.value:g}" for row in readings_in(copy.prompt)[1:]]
        if copy.rejected == rejected:
            kinds.add("original")
        elif "pump 002" in copy.rejected:
            kinds.add("device")
        elif any(value in copy.rejected for value in values):
            kinds.add("reading")
        else:
            changed = [a != b for a, b in zip(copy.chosen, copy.rejected, strict=True)]
            assert sum(changed) == 1
            kinds.add("digit")
    assert kinds == {"original", "device", "reading", "digit"}


def test_an_answer_that_a_reading_is_absent_is_set_against_one_that_states_it():
    question, answer = "What is the flow of pump 001?", "The flow of pump 001 is not listed."
    example = pair(answer, question=question)
    asked = {"question": example.question.model_copy(update={"asked": None})}
    made = copies(
        example.model_copy(update=asked), VariationRecipe(questions=0, absent=0, copies=20)
    )
    assert all(copy.chosen.endswith(" is not listed.") for copy in made)
    assert any("not listed" not in copy.rejected and "Sure" not in copy.rejected for copy in made)


def test_a_label_gives_a_desirable_and_an_undesirable_copy():
    origin = ORIGINS[0]
    given_label = LabelBuilt.model_validate(
        {
            **origin.model_dump(exclude={"type", "chosen", "rejected"}),
            "answer": origin.chosen,
            "desirable": True,
            "reward": 0.9,
        }
    )
    _, *made = varied([given_label], VariationRecipe(questions=0, absent=0, copies=2), 42).examples
    assert [(copy.desirable, copy.reward) for copy in made] == [(True, 0.9), (False, -0.9)] * 2
    for copy in made:
        assert is_true(copy.answer, situation_of_example(copy)) is copy.desirable
    undesirable = given_label.model_copy(update={"desirable": False})
    assert varied([undesirable], RECIPE, 42).examples == (undesirable,)


def test_a_demonstration_gives_its_answer_alone():
    trace = TraceCaptured(
        event_id="trace-event",
        occurred_at=datetime(2026, 3, 1, tzinfo=UTC),
        trace_id="trace-0001",
        question=ORIGINS[0].question,
        prompt=ORIGINS[0].prompt,
        thinking="The reading says 45.3 kW, so I say that.",
        answer=ORIGINS[0].chosen,
    )
    _, *made = varied([trace], RECIPE, 42).examples
    assert len(made) == 4
    for copy in made:
        assert (copy.example_id, copy.thoughts) == ("trace-0001", "")
        assert is_true(copy.answer, situation_of_example(copy)) is True


def test_copies_are_counted_and_those_that_do_not_fit_are_left_out():
    unstated = pair("All is well.", name="unstated")
    made = varied([*ORIGINS, unstated], VariationRecipe(questions=0, absent=0, copies=2), 42)
    assert made.copies == 10, "five of the six can be copied"
    assert len(made.examples) == 6 + 10
    none = varied(
        ORIGINS, VariationRecipe(questions=0, absent=0, copies=2), 42, fits=lambda _: False
    )
    assert none == (ORIGINS, 0)


@pytest.mark.parametrize("copies_of_each", [0, 1])
def test_the_recipe_says_how_many_and_which_parts(copies_of_each: int):
    parts: tuple[VariedPart, ...] = ("numbers",)
    made = copies(
        ORIGINS[0], VariationRecipe(questions=0, absent=0, copies=copies_of_each, parts=parts)
    )
    assert len(made) == copies_of_each
    for copy in made:
        rows = readings_in(copy.prompt)
        assert [row.value for row in rows] == [row.value for row in PUMPS]
        assert rows[0].equipment.startswith("pump ")
        assert rows[0].equipment != "pump 001"
