"""Greedy and sampled answers in batches."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import GenerationConfig, LogitsProcessor

from ratchet.contract import derived_id, prompt_of
from trainer.backends.language_model.base_model import Base
from trainer.backends.language_model.chat_format import Turns
from trainer.domain.evaluation.scores import GeneratedAnswer
from trainer.domain.runs.recipe import RoundsRecipe


def generate(
    base: Base,
    prompts: Sequence[Turns],
    max_new_tokens: int,
    batch: int,
    on_batch: Callable[[int], None],
) -> list[GeneratedAnswer]:
    """The answer to each prompt, without end token and surrounding white space."""
    rendered = [base.rendered(prompt) for prompt in prompts]
    tokens = greedy(base, rendered, max_new_tokens, batch, on_batch)
    return [_answer(base, each) for each in tokens]


@torch.inference_mode()
def greedy(
    base: Base,
    rendered: Sequence[str],
    max_new_tokens: int,
    batch: int,
    on_batch: Callable[[int], None],
) -> list[list[int]]:
    """The tokens that follow each text, padded behind the end token.

    Texts of similar length share a batch; the answers are in the order of `rendered`.
    `on_batch` receives the number of answers so far.
    """
    config = _without_sampling(base, max_new_tokens)
    answers: dict[int, list[int]] = {}
    base.model.eval()
    for chosen in _batches(rendered, batch):
        encoded = _encoded(base, [rendered[at] for at in chosen])
        generated = base.model.generate(**encoded, generation_config=config)
        start = encoded["input_ids"].shape[1]
        answers.update(zip(chosen, generated[:, start:].tolist(), strict=True))
        on_batch(len(answers))
    return [answers[at] for at in range(len(rendered))]


@torch.inference_mode()
def sampled(
    base: Base,
    prompts: Sequence[Turns],
    recipe: RoundsRecipe,
    seed: int,
    max_new_tokens: int,
    batch: int,
) -> list[list[GeneratedAnswer]]:
    """`recipe.samples` answers to each prompt, at `recipe.temperature`.

    They depend on seed, prompt and model alone, not on the other prompts of the batch, which has
    about `batch` answers. Those to one prompt share its key-value states.
    """
    count = recipe.samples
    config = _without_sampling(base, max_new_tokens)
    rendered = [base.rendered(prompt) for prompt in prompts]
    answers: dict[int, list[GeneratedAnswer]] = {}
    base.model.eval()
    for chosen in _batches(rendered, max(1, batch // count)):
        encoded = _encoded(base, [rendered[at] for at in chosen])
        generated = base.model.generate(
            encoded["input_ids"].repeat_interleave(count, 0),
            attention_mask=encoded["attention_mask"].repeat_interleave(count, 0),
            past_key_values=_states(base, encoded, count),
            generation_config=config,
            logits_processor=[GumbelNoise([prompt_of(prompts[at]) for at in chosen], recipe, seed)],
        )
        rows = generated[:, encoded["input_ids"].shape[1] :].tolist()
        for place, at in enumerate(chosen):
            own = rows[place * count : (place + 1) * count]
            answers[at] = [_answer(base, tokens) for tokens in own]
    return [answers[at] for at in range(len(rendered))]


class GumbelNoise(LogitsProcessor):
    """Makes the largest logit a sample at the temperature of `recipe` (the Gumbel-max trick).

    The noise of each row comes from a generator of its own on the CPU: the same on every machine,
    in every batch, and without effect on the random numbers of the training.
    """

    def __init__(self, prompts: Sequence[str], recipe: RoundsRecipe, seed: int) -> None:
        self._temperature = recipe.temperature
        self._generators = [
            torch.Generator().manual_seed(int(derived_id(str(seed), prompt, str(number))[:12], 16))
            for prompt in prompts
            for number in range(recipe.samples)
        ]

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """The logits (rows, vocabulary) with noise, in float32."""
        noise = torch.empty(scores.shape)
        for row, generator in zip(noise, self._generators, strict=True):
            row.exponential_(generator=generator)
        return scores.float() / self._temperature - noise.log_().to(scores.device)


def end_tokens(base: Base) -> list[int]:
    """The tokens that end an answer."""
    tokens = base.model.generation_config.eos_token_id or base.tokenizer.eos_token_id
    return [tokens] if isinstance(tokens, int) else list(tokens)


def _without_sampling(base: Base, max_new_tokens: int) -> GenerationConfig:
    return GenerationConfig(  # type: ignore[no-untyped-call]
        max_new_tokens=max_new_tokens,
        do_sample=False,
        eos_token_id=end_tokens(base),
        pad_token_id=base.tokenizer.pad_token_id,
    )


def _encoded(base: Base, texts: list[str]) -> Any:
    encoded = base.tokenizer(texts, return_tensors="pt", padding=True, add_special_tokens=False)
    return encoded.to(base.model.device)


def _states(base: Base, encoded: Any, count: int) -> Any:
    """The key-value states of all but the last token of each prompt, `count` times each."""
    mask = encoded["attention_mask"][:, :-1]
    output = base.model(
        input_ids=encoded["input_ids"][:, :-1],
        attention_mask=mask,
        position_ids=(mask.cumsum(1) - 1).clamp(min=0),
        logits_to_keep=1,
        use_cache=True,
    )
    states = output.past_key_values
    states.batch_repeat_interleave(count)
    return states


def _answer(base: Base, tokens: Sequence[int]) -> GeneratedAnswer:
    text = base.tokenizer.decode(tokens, skip_special_tokens=True).strip()
    return GeneratedAnswer(text, finished=not set(end_tokens(base)).isdisjoint(tokens))


def _batches(texts: Sequence[str], size: int) -> Iterator[list[int]]:
    order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
    for start in range(0, len(order), size):
        yield order[start : start + size]
