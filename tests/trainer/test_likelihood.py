"""Batches with shared prompts give the results of each text alone."""

from contextlib import contextmanager, nullcontext
from types import SimpleNamespace

import pytest
import torch

from ratchet.contract import one_turn
from trainer.backends.language_model.base_model import Base

from .tiny_model import tiny_config

pytestmark = pytest.mark.heavy

GIVEN = [
    (one_turn("how much"), "a lot"),
    (one_turn("how much"), "nothing at all, as far as anybody knows"),
    (one_turn("how"), ""),
    (one_turn("what is the power of pump 001"), "45"),
    *((one_turn(f"question {number}"), "a" * number) for number in range(1, 9)),
]


class Letters:
    """A tokenizer: a letter is a token."""

    pad_token_id, eos_token_id = 0, 1

    def __call__(
        self, text: str, add_special_tokens: bool, split_special_tokens: bool = False
    ) -> SimpleNamespace:
        return SimpleNamespace(input_ids=[ord(letter) % 90 + 2 for letter in text])

    def apply_chat_template(self, turns, tokenize: bool, add_generation_prompt: bool) -> str:
        return f"<{turns[0]['content']}>"


@pytest.fixture
def base() -> Base:
    from transformers import LlamaForCausalLM

    torch.manual_seed(0)
    return Base(LlamaForCausalLM(tiny_config()), Letters())


@torch.inference_mode()
def alone(base: Base, prompt: str, answer: str):
    """Log-probabilities (answer and end, vocabulary), and the tokens of answer and end."""
    asked = base.tokenizer(base.rendered(prompt), False).input_ids
    said = [*base.tokenizer(answer, False).input_ids, base.tokenizer.eos_token_id]
    logits = base.model(input_ids=torch.tensor([asked + said])).logits[0]
    return logits[len(asked) - 1 : -1].log_softmax(-1), torch.tensor(said)


def test_a_likelihood_does_not_depend_on_the_batch(base: Base):
    from trainer.backends.language_model.likelihood import log_likelihoods

    result = log_likelihoods(base, GIVEN)
    assert set(result) == set(GIVEN)
    for (prompt, answer), mean in result.items():
        each, said = alone(base, prompt, answer)
        assert mean == pytest.approx(float(each.gather(1, said[:, None]).mean()), abs=1e-5)


def test_the_divergence_sums_over_the_vocabulary_at_every_token(base: Base):
    from trainer.backends.language_model.likelihood import divergences

    @contextmanager
    def bare():
        with torch.no_grad():
            base.model.lm_head.weight.mul_(0.5)
        try:
            yield
        finally:
            with torch.no_grad():
                base.model.lm_head.weight.mul_(2)

    result = divergences(base, GIVEN, bare)
    for (prompt, answer), mean in result.items():
        moved, _ = alone(base, prompt, answer)
        with bare():
            unmoved, _ = alone(base, prompt, answer)
        expected = float((moved.exp() * (moved - unmoved)).sum(-1).mean())
        assert mean == pytest.approx(expected, abs=1e-5)
        assert mean > 0


def test_the_base_has_no_divergence_from_itself(base: Base):
    from trainer.backends.language_model.likelihood import divergences

    assert set(divergences(base, GIVEN, nullcontext).values()) == {0.0}
