"""Samples depend on seed and prompt alone, and share the states of their prompt."""

from collections import Counter
from pathlib import Path

import pytest
import torch

from ratchet.contract import one_turn
from trainer.backends.language_model.base_model import Base, load_base
from trainer.backends.language_model.generate import GumbelNoise, generate, sampled
from trainer.domain.runs.recipe import RoundsRecipe

from .tiny_model import write_tiny_model

pytestmark = pytest.mark.heavy

TEXTS = ("What is the power?", "Readings:\n- pump 001 power: 40 kW\nWhat is the power?", "Hi.")
PROMPTS = [one_turn(text) for text in TEXTS]
RECIPE = RoundsRecipe(samples=3, temperature=0.5)


@pytest.fixture(scope="module")
def base(cache_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Base:
    tiny = write_tiny_model(tmp_path_factory.mktemp("tiny"), cache_dir)
    return load_base(tiny, torch.device("cpu"), torch.float32, "none")


def test_samples_are_the_same_in_every_batch_and_leave_the_random_numbers_alone(base: Base):
    before = torch.get_rng_state()
    together = sampled(base, PROMPTS, RECIPE, 1, 5, batch=32)
    assert torch.equal(torch.get_rng_state(), before)
    assert [len(answers) for answers in together] == [3, 3, 3]
    assert sampled(base, PROMPTS, RECIPE, 1, 5, batch=1) == together
    assert sampled(base, PROMPTS[1:], RECIPE, 1, 5, batch=32) == together[1:]
    assert sampled(base, PROMPTS, RECIPE, 2, 5, batch=32) != together
    assert len({answer.text for answer in together[0]}) > 1


def test_at_a_low_temperature_each_sample_is_the_greedy_answer(base: Base):
    cold = RoundsRecipe(samples=2, temperature=1e-6)
    greedy = generate(base, PROMPTS, 5, 32, lambda _: None)
    assert sampled(base, PROMPTS, cold, 1, 5, batch=32) == [[one, one] for one in greedy]


def test_noise_draws_tokens_by_their_probability():
    recipe = RoundsRecipe(samples=2, temperature=0.5)
    logits = torch.tensor([0.0, 0.5, 1.0]).repeat(4, 1)
    noise = GumbelNoise(["one", "other"], recipe, seed=5)
    draws = 3000
    drawn = Counter(
        token for _ in range(draws) for token in noise(logits, logits).argmax(1).tolist()
    )
    wanted = torch.softmax(logits[0] / recipe.temperature, 0).tolist()
    shares = [drawn[token] / (4 * draws) for token in range(3)]
    assert shares == pytest.approx(wanted, abs=0.02)
