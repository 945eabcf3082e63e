"""A round asks about facts that were not trained on, and is measured on other questions."""

from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.domain.counterfactuals.copies import varied
from trainer.domain.examples.training_example import TrainingExample
from trainer.domain.on_policy.questions import QuestionDraw
from trainer.domain.runs.recipe import Recipe, RoundsRecipe, VariationRecipe

from .copied_examples import pair

EXAMPLES: list[TrainingExample] = [
    origin.model_copy(
        update={"question": origin.question.model_copy(update={"key": origin.example_id})}
    )
    for origin in (pair("Pump 001 draws 45.3 kW.", name=f"origin-{number}") for number in range(6))
]
WIDGET = pair("{}", name="widget").model_copy(update={"aspect": "widget"})
UNDECIDED = pair("Fine.", name="undecided").model_copy(update={"prompt": "How are you?"})
seeds = st.integers(0, 2**32)
few = settings(max_examples=4)
"""Each draw copies all examples."""


def recipe_of(seed: int, **rounds: int) -> Recipe:
    return Recipe(seed=seed, rounds=RoundsRecipe(most=2, **rounds))


def draw_of(recipe: Recipe) -> QuestionDraw:
    shown = varied(EXAMPLES, recipe.variation, recipe.seed).examples
    return QuestionDraw(recipe, frozenset(one.prompt for one in shown))


@few
@given(seeds)
def test_no_round_learns_from_a_question_that_measures(seed: int):
    draw = draw_of(recipe_of(seed))
    aside = draw.set_aside([*EXAMPLES, WIDGET, UNDECIDED])
    measuring = {one.example_id for one in aside.measured}
    teaching = {one.example_id for origin in aside.taught for one in origin}
    assert len(measuring) == 2
    assert len(teaching) == 4
    assert measuring.isdisjoint(teaching)
    assert measuring | teaching == {one.example_id for one in EXAMPLES}
    for number in (1, 2):
        asked = draw.of_round(number, aside.taught)
        assert {one.example_id for one in asked} == teaching


@few
@given(seeds)
def test_every_question_has_facts_of_its_own_that_were_not_trained_on(seed: int):
    draw = draw_of(recipe_of(seed))
    aside = draw.set_aside(EXAMPLES)
    asked = [*aside.measured, *draw.of_round(1, aside.taught), *draw.of_round(2, aside.taught)]
    prompts = [one.prompt for one in asked]
    assert draw.shown.isdisjoint(prompts)
    assert len(set(prompts)) == len(prompts)


@few
@given(seeds)
def test_a_seed_always_draws_the_same_whatever_the_order_of_the_examples(seed: int):
    draw = draw_of(recipe_of(seed))
    aside = draw.set_aside(EXAMPLES)
    assert draw.set_aside(EXAMPLES[::-1]) == aside
    assert draw.of_round(1, aside.taught) == draw.of_round(1, aside.taught)


@few
@given(seeds, st.integers(1, 2))
def test_questions_are_limited(seed: int, most: int):
    draw = draw_of(recipe_of(seed, questions=most, measured=most))
    aside = draw.set_aside(EXAMPLES)
    assert len(aside.measured) == most
    assert len(draw.of_round(1, aside.taught)) == most


def test_without_copies_the_questions_are_those_of_the_examples():
    recipe = Recipe(
        rounds=RoundsRecipe(most=1), variation=VariationRecipe(copies=0, questions=0, absent=0)
    )
    alike = EXAMPLES[0].model_copy(update={"prompt": EXAMPLES[0].prompt + "\n"})
    draw = QuestionDraw(recipe, frozenset(one.prompt for one in EXAMPLES))
    aside = draw.set_aside([*EXAMPLES, alike])
    asked = {one.prompt for one in (*aside.measured, *draw.of_round(1, aside.taught))}
    assert asked == {EXAMPLES[0].prompt, alike.prompt}


def test_one_question_alone_measures_nothing():
    assert draw_of(recipe_of(1)).set_aside(EXAMPLES[:1]).measured == ()
