"""Copies of examples state other facts, consistently, and only what their readings support."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ratchet.contract import PairBuilt
from ratchet.measures import voice_prompt
from ratchet_truth import readings_in
from trainer.domain.counterfactuals.copies import varied
from trainer.domain.examples.truth import is_true, situation_of_example
from trainer.domain.runs.recipe import VariationRecipe

from .copied_examples import COOLING, ORIGINS, PUMPS, RECIPE, copies, pair


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(ORIGINS))
def test_each_copy_is_true_on_its_chosen_side_alone(seed: int, origin: PairBuilt):
    made = copies(origin, seed=seed)
    assert made
    for copy in made:
        situation = situation_of_example(copy)
        assert is_true(copy.chosen, situation) is True
        assert is_true(copy.rejected, situation) is False
        assert copy.example_id == origin.example_id
        assert copy.question.text in copy.prompt
    assert len({copy.prompt for copy in (origin, *made)}) == len(made) + 1


@settings(max_examples=15, deadline=None)
@given(st.permutations(ORIGINS), st.integers(0, 99))
def test_the_copies_of_an_example_depend_on_it_and_the_seed_alone(
    order: list[PairBuilt], seed: int
):
    def by_origin(examples: Sequence[PairBuilt]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for one in varied(examples, RECIPE, seed).examples:
            found.setdefault(one.example_id, []).append(one.model_dump_json())
        return found

    expected = by_origin(ORIGINS)
    assert by_origin(order) == expected
    assert by_origin(order[:2]) == {name: expected[name] for name in by_origin(order[:2])}
    assert varied(order, RECIPE, seed) == varied(order, RECIPE, seed)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(ORIGINS))
def test_values_keep_their_order_and_decimals(seed: int, origin: PairBuilt):
    before = readings_in(origin.prompt)
    for copy in copies(
        origin, VariationRecipe(questions=0, absent=0, copies=2, parts=("values",)), seed
    ):
        after = readings_in(copy.prompt)
        for one, other in zip(before, after, strict=True):
            assert (one.equipment, one.metric, one.unit) == (
                other.equipment,
                other.metric,
                other.unit,
            )
            assert len(f"{one.value:.10g}".partition(".")[2]) == len(
                f"{other.value:.10g}".partition(".")[2]
            )
        order = sorted(range(len(before)), key=lambda n: before[n].value)
        assert order == sorted(range(len(after)), key=lambda n: after[n].value)
        assert before != after


@pytest.fixture
def rewritten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has the answers of copies rewritten, as in a language without sentences."""
    monkeypatch.setattr("trainer.domain.counterfactuals.facts.has_sentence", lambda _: False)


def test_a_copy_is_answered_with_the_sentence_of_its_reading():
    for copy in copies(pair("Pump 001 is at 45.3 kW, 75 % of its limit.")):
        row = readings_in(copy.prompt)[0]
        assert copy.chosen.startswith(f"The {row.metric} of {row.equipment} is ")


@pytest.mark.usefixtures("rewritten")
def test_answers_name_a_device_as_its_readings_write_it():
    for copy in copies(ORIGINS[0]):
        name = readings_in(copy.prompt)[0].equipment
        assert copy.chosen.startswith(f"{name} draws "), "also at the start of a sentence"
        assert name != "pump 001"
        assert f"power of {name}?" in copy.prompt


def test_tags_get_other_letters_and_digits():
    names = {readings_in(copy.prompt)[0].equipment for copy in copies(ORIGINS[3])}
    assert len(names) == 4
    for name in names:
        letters, number = name.split("-")
        assert letters.isupper() and number[:3].isdecimal() and number[3] in "ABCD"
    assert any(name[0] != "P" for name in names)


@pytest.mark.usefixtures("rewritten")
def test_german_copies_keep_gender_capitals_and_the_decimal_comma():
    recipe = VariationRecipe(
        questions=0, absent=0, copies=12, parts=("values", "numbers", "devices")
    )
    answer = "Die Kühlwasserpumpe 2 steht bei 3,45 bar."
    question = "Welchen Druck hat die Kühlwasserpumpe 2?"
    for copy in copies(pair(answer, question=question, rows=COOLING), recipe):
        name = readings_in(copy.prompt)[0].equipment
        assert copy.chosen.startswith(f"Die {name} steht bei ")
        assert name.split()[0].endswith(("pumpe", "maschine", "mühle", "presse", "turbine", "walze",
                                         "fuge", "anlage", "Pumpe", "Mühle", "Presse", "Turbine",
                                         "Walze"))  # fmt: skip
        assert "." not in copy.chosen[:-1]


@pytest.mark.usefixtures("rewritten")
def test_another_metric_comes_with_its_unit_in_every_place():
    recipe = VariationRecipe(questions=0, absent=0, copies=12)
    answer = "The power of pump 001 is 45.3 kilowatts. The limit is 60.5 kilowatts."
    metrics = set()
    for copy in copies(pair(answer), recipe):
        rows = readings_in(copy.prompt)
        metrics.add(rows[0].metric)
        assert {row.metric.replace("average ", "").replace(" limit", "") for row in rows} == {
            rows[0].metric
        }
        assert len({row.unit for row in rows}) == 1
        assert f"The {rows[0].metric} of {rows[0].equipment} is " in copy.chosen
        assert ("kilowatts" in copy.chosen) == (rows[0].unit == "kW")
    assert len(metrics) > 2


@pytest.mark.usefixtures("rewritten")
def test_an_article_fits_the_new_word():
    recipe = VariationRecipe(questions=0, absent=0, copies=20)
    made = copies(pair("Pump 001 shows a power of 45.3 kW."), recipe)
    assert any(" an energy of " in copy.chosen for copy in made)
    assert not any(f" a {vowel}" in copy.chosen for copy in made for vowel in "aeiou")


@pytest.mark.usefixtures("rewritten")
def test_a_word_that_fits_one_metric_keeps_the_metric():
    recipe = VariationRecipe(questions=0, absent=0, copies=12)
    made = copies(pair("Pump 001 draws 45.3 kW."), recipe)
    assert {readings_in(copy.prompt)[0].metric for copy in made} == {"power"}


@pytest.mark.usefixtures("rewritten")
def test_a_device_that_is_named_by_its_kind_alone_keeps_its_kind():
    rows = [row for row in PUMPS if row.equipment == "pump 001"]
    for copy in copies(pair("The pump is at 45.3 kW.", rows=rows)):
        assert readings_in(copy.prompt)[0].equipment.startswith("pump ")
        assert copy.chosen.startswith("The pump is at ")


@pytest.mark.usefixtures("rewritten")
def test_a_limit_of_the_question_moves_with_the_readings():
    question = "Is the power of pump 001 above 40 kW?"
    for copy in copies(pair("Yes, pump 001 is at 45.3 kW, above 40 kW.", question=question)):
        asked = copy.question.text.removesuffix(" kW?").rsplit(" ", 1)[1]
        assert copy.chosen.endswith(f" above {asked} {readings_in(copy.prompt)[0].unit}.")
        assert readings_in(copy.prompt)[0].value > float(asked)


@pytest.mark.parametrize(
    "chosen",
    [
        "Pump 001 is at 45.3 kW, 4.9 kW below its average.",
        "Pump 001 is at 45.3 kW, 75 % of its limit.",
        "Pump 001 is at 45,300 watts.",
        "It is at forty-five kilowatts.",
    ],
    ids=["difference", "share", "other unit", "in words"],
)
@pytest.mark.usefixtures("rewritten")
def test_an_answer_with_a_number_that_is_no_reading_is_not_rewritten(chosen: str):
    example = pair(chosen)
    assert is_true(chosen, situation_of_example(example)) is True
    assert copies(example) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"chosen": "Pump 001 is at 47.9 kW."},
        {"chosen": "All is well."},
        {"prompt": "What is the power of pump 001?"},
        {"aspect": "widget"},
        {"prompt": voice_prompt("What is the power of pump 001?", PUMPS) + "\nSee also pump 7."},
    ],
    ids=["untrue", "not stated", "no readings", "a plan", "a device elsewhere"],
)
def test_other_examples_are_not_copied(changed: dict[str, str]):
    assert copies(ORIGINS[0].model_copy(update=changed)) == []
