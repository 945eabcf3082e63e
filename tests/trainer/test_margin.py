"""A pair of a true and an untrue side has a margin in DPO's loss; other pairs have none."""

from math import exp, log
from pathlib import Path

import pytest
import torch

from ratchet.contract import PairBuilt
from trainer.backends.language_model.base_model import load_base
from trainer.backends.language_model.lora import fresh_adapter
from trainer.backends.language_model.methods.dpo import (
    has_margin,
    neighbours_in_random_order,
    trainer_of,
)
from trainer.backends.language_model.training_loop import Training
from trainer.domain.runs.loop_recipes import DpoRecipe
from trainer.domain.runs.recipe import LoraRecipe, Recipe

from .conftest import built
from .tiny_model import write_tiny_model

pytestmark = pytest.mark.heavy

BETA, MARGIN = 0.1, 4.0
FALSE = "Pump 001 power is 47 kW. All is well."
WITHOUT_READINGS = {"prompt": "What is the power?", "rejected": FALSE}
PAIRS = (
    built(0).model_copy(update={"rejected": FALSE}),
    built(5).model_copy(update=WITHOUT_READINGS),
    built(10).model_copy(update={"rejected": "Pump 001 draws 50 kW right now."}),
    built(15).model_copy(update={"rejected": FALSE}),
)
"""The rejected side is untrue, not decided, true, untrue."""


def test_only_a_true_side_against_an_untrue_one_has_a_margin():
    assert [has_margin(pair) for pair in PAIRS] == [True, False, False, True]
    turned = {"chosen": FALSE, "rejected": PAIRS[0].chosen}
    assert not has_margin(PAIRS[0].model_copy(update=turned))
    assert not has_margin(PAIRS[0].model_copy(update={"aspect": "widget"}))


@pytest.fixture(scope="module")
def tiny(cache_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("tiny"), cache_dir)


def losses(tiny: Path, work_dir: Path, margin: float, pairs: tuple[PairBuilt, ...]) -> list[float]:
    """The loss of each pair alone, under an adapter that differs from the reference."""
    recipe = Recipe(
        lora=LoraRecipe(rank=4, dropout=0),
        dpo=DpoRecipe(
            batch=2, beta=BETA, margin=margin, losses=("sigmoid",), gradient_checkpointing=False
        ),
    )
    base = load_base(tiny, torch.device("cpu"), torch.float32, "none")
    training = Training(base, fresh_adapter(recipe.lora), recipe, work_dir, lambda _: None)
    trainer = trainer_of(training, pairs)
    generator = torch.Generator().manual_seed(3)
    for name, weight in trainer.model.named_parameters():
        if "lora_B" in name:
            weight.data = torch.randn(weight.shape, generator=generator)
    found = []
    with torch.no_grad():
        for row in trainer.train_dataset:
            batch = trainer.data_collator([row])
            found.append(float(trainer.compute_loss(trainer.model, batch)))
    return found


def test_the_margin_lowers_the_difference_of_exactly_those_rows(tiny: Path, tmp_path: Path):
    plain = losses(tiny, tmp_path / "plain", 0.0, PAIRS)
    changed = losses(tiny, tmp_path / "changed", MARGIN, PAIRS)
    ordered = neighbours_in_random_order(PAIRS, Recipe().seed)
    for pair, without, with_margin in zip(ordered, plain, changed, strict=True):
        # -log sigmoid(x) = loss, so x = -log(exp(loss) - 1).
        difference = -log(exp(without) - 1)
        margin = BETA * MARGIN if has_margin(pair) else 0.0
        assert with_margin == pytest.approx(log(1 + exp(margin - difference)), rel=1e-4)
    assert len(set(plain)) == len(plain), "the adapter differs from the reference"
