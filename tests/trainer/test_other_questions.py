"""Copies that ask for other readings of a prompt, or for one that it does not list."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from ratchet.contract import PairBuilt, Reading
from trainer.domain.counterfactuals.copies import facts_to_vary, varied
from trainer.domain.counterfactuals.facts import Facts
from trainer.domain.counterfactuals.other_questions import absent_questions, other_questions
from trainer.domain.examples.truth import is_true, situation_of_example
from trainer.domain.runs.recipe import VariationRecipe

from .copied_examples import COOLING, ORIGINS, pair

ALONE = VariationRecipe(copies=0, questions=3, absent=2)
origins = st.sampled_from([one for one in ORIGINS if isinstance(one, PairBuilt)])
seeds = st.integers(0, 2**32)


def copies(origin: PairBuilt, recipe: VariationRecipe, seed: int = 42) -> list[PairBuilt]:
    return [
        one for one in varied([origin], recipe, seed).examples[1:] if isinstance(one, PairBuilt)
    ]


def readings_of(pair: PairBuilt) -> str:
    return pair.prompt[: pair.prompt.rfind(pair.question.text)]


@given(origins, seeds)
def test_a_question_keeps_the_readings_and_has_a_true_and_an_untrue_answer(
    origin: PairBuilt, seed: int
):
    made = copies(origin, ALONE, seed)
    assert made
    for copy in made:
        assert readings_of(copy) == readings_of(origin)
        assert copy.question.text != origin.question.text
        assert copy.example_id == origin.example_id
        situation = situation_of_example(copy)
        assert is_true(copy.chosen, situation) is True
        assert is_true(copy.rejected, situation) is False


@given(origins, seeds)
def test_no_two_questions_are_alike_and_a_seed_always_draws_the_same(origin: PairBuilt, seed: int):
    made = copies(origin, ALONE, seed)
    assert len({copy.question.text for copy in made}) == len(made)
    assert made == copies(origin, ALONE, seed)


def pump_facts() -> tuple[Facts, str]:
    origin = pair("The power of pump 001 is 45.3 kW. That is below the limit of 60.5 kW.")
    facts = facts_to_vary(origin)
    assert facts is not None
    return facts, origin.chosen


def test_other_questions_ask_for_every_other_reading():
    facts, answer = pump_facts()
    asked = [one.facts.question.asked for one in other_questions(Random(1), facts, answer, 99)]
    rows = [
        Reading(equipment=r.equipment, metric=r.metric, value=r.value, unit=r.unit)
        for r in facts.readings
    ]
    assert sorted(map(str, asked)) == sorted(
        str(row) for row in rows if row != facts.question.asked
    )


def answers_of(origin: PairBuilt, questions: int = 20) -> set[str]:
    recipe = VariationRecipe(copies=0, questions=questions, absent=0)
    return {one.chosen for one in copies(origin, recipe)}


def test_other_questions_are_answered_with_the_sentence_of_their_reading():
    assert answers_of(pair("Pump 001 runs at 45.3 kW.")) == {
        "The average power of pump 001 is 50.2 kW.",
        "The power limit of pump 001 is 60.5 kW.",
        "The power of pump 002 is 71.4 kW.",
    }


def test_a_sentence_has_the_number_as_the_prompt_writes_it():
    origin = pair(
        "Der Druck beträgt 3,45 bar.",
        question="Wie hoch ist der Druck von Kühlwasserpumpe 2?",
        rows=COOLING,
    )
    written = origin.model_copy(update={"prompt": origin.prompt.replace("2.85", "2,850")})
    assert "Der Wert für Druck von Kühlwasserpumpe 3 ist 2.85 bar." in answers_of(origin)
    assert "Der Wert für Druck von Kühlwasserpumpe 3 ist 2,850 bar." in answers_of(written)


def test_in_a_language_without_sentences_the_answer_of_the_example_is_rewritten():
    origin = pair("pump 001 power: 45.3 kW.", question="quelle est la power de pump 001 ?")
    assert "pump 002 power: 71.4 kW." in answers_of(origin)


def test_an_absent_reading_is_stated_to_be_absent_and_not_given_the_value_of_another():
    facts, answer = pump_facts()
    made = list(absent_questions(Random(1), facts, answer, 4))
    assert len(made) == 4
    for one in made:
        assert one.facts.question.asked is None
        assert one.answer.endswith("is not listed.")
        assert is_true(one.false or "", one.facts.situation) is False


def test_neighbours_have_the_readings_of_one_prompt():
    recipe = VariationRecipe(copies=2, questions=1, absent=1)
    origin = ORIGINS[0]
    assert isinstance(origin, PairBuilt)
    heads = [readings_of(one) for one in (origin, *copies(origin, recipe))]
    assert heads == sorted(heads, key=heads.index)
    assert len(set(heads)) == 3


def test_the_recipe_says_how_many_there_are_of_each_prompt():
    origin = pair("The power of pump 001 is 45.3 kW.")
    assert len(copies(origin, VariationRecipe(copies=0, questions=2, absent=1))) == 3
    assert len(copies(origin, VariationRecipe(copies=1, questions=2, absent=1))) == 1 + 2 * 3
    assert copies(origin, VariationRecipe(copies=0, questions=0, absent=0)) == []
