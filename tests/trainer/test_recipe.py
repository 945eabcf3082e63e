"""Smaller micro-batches have as many examples in a step as before."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet.contract import Method
from trainer.domain.runs.loop_recipes import DpoRecipe, KtoRecipe, SftRecipe
from trainer.domain.runs.readiness import METHODS
from trainer.domain.runs.recipe import JudgingRecipe, Recipe, RoundsRecipe


def recipe(batch: int, accumulation: int) -> Recipe:
    loop = {"batch": batch, "accumulation": accumulation}
    return Recipe(dpo=DpoRecipe(**loop), kto=KtoRecipe(**loop), sft=SftRecipe(**loop))


@given(st.sampled_from(METHODS), st.integers(3, 64), st.integers(1, 16))
def test_halving_keeps_the_examples_of_a_step(method: Method, batch: int, accumulation: int):
    before = recipe(batch, accumulation).loop(method)
    after = recipe(batch, accumulation).with_smaller_batches(method, 1).loop(method)
    seen, again = before.batch * before.accumulation, after.batch * after.accumulation
    assert after.batch <= max(before.batch // 2, 2)
    if method != "kto":
        assert again == seen
    else:
        assert seen <= again < seen + after.batch, "an odd number cannot always be divided"


@pytest.mark.parametrize(("method", "least"), [("dpo", 1), ("sft", 1), ("kto", 2)])
def test_the_smallest_micro_batch_cannot_be_halved(method: Method, least: int):
    with pytest.raises(ValueError, match=f"a micro-batch of {least} cannot be made smaller"):
        recipe(4, 1).with_smaller_batches(method, 9)


def test_a_smaller_recipe_changes_batches_only():
    before = Recipe(judging=JudgingRecipe(batch=32))
    after = before.with_smaller_batches("dpo", 2)
    assert (after.dpo.batch, after.dpo.accumulation, after.judging.batch) == (1, 16, 8)
    rest = {"dpo": before.dpo, "judging": before.judging}
    assert after.model_copy(update=rest) == before
    assert before.with_smaller_batches("dpo", 0) == before


@pytest.mark.parametrize("method", METHODS)
def test_processes_divide_a_step_among_them(method: Method):
    loop = recipe(4, 6).divided(method, 3).loop(method)
    assert (loop.batch, loop.accumulation) == (4, 2)
    assert recipe(4, 6).divided(method, 1) == recipe(4, 6)
    with pytest.raises(ValueError, match="6 micro-batches cannot be divided among 4 processes"):
        recipe(4, 6).divided(method, 4)


def test_rounds_after_another_method_have_smaller_batches_too():
    loop = {"batch": 2, "accumulation": 6}
    before = recipe(4, 6).model_copy(
        update={"dpo": DpoRecipe(**loop), "rounds": RoundsRecipe(most=1)}
    )
    after = before.with_smaller_batches("sft", 2)
    assert (after.sft.batch, after.dpo.batch, after.dpo.accumulation) == (1, 1, 12)
    assert before.divided("kto", 3).dpo.accumulation == 2
    assert recipe(4, 6).with_smaller_batches("sft", 2).dpo == recipe(4, 6).dpo


def test_a_round_is_one_epoch_at_a_lower_rate():
    before = Recipe(dpo=DpoRecipe(learning_rate=1e-3, epochs=3), rounds=RoundsRecipe(most=1))
    after = before.of_round(1)
    assert (after.dpo.learning_rate, after.dpo.epochs) == (pytest.approx(2e-4), 1)
