"""Greedy answers in batches."""

from collections.abc import Callable, Iterator, Sequence

import torch
from transformers import GenerationConfig

from trainer.backends.language_model.base_model import Base
from trainer.domain.evaluation.scores import GeneratedAnswer


def generate(
    base: Base,
    prompts: Sequence[str],
    max_new_tokens: int,
    batch: int,
    on_batch: Callable[[int], None],
) -> list[GeneratedAnswer]:
    """The answer to each user turn, without end token and surrounding white space."""
    ends = set(end_tokens(base))
    rendered = [base.rendered(prompt) for prompt in prompts]
    return [
        GeneratedAnswer(
            base.tokenizer.decode(tokens, skip_special_tokens=True).strip(),
            finished=not ends.isdisjoint(tokens),
        )
        for tokens in greedy(base, rendered, max_new_tokens, batch, on_batch)
    ]


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
    tokenizer = base.tokenizer
    config = GenerationConfig(  # type: ignore[no-untyped-call]
        max_new_tokens=max_new_tokens,
        do_sample=False,
        eos_token_id=end_tokens(base),
        pad_token_id=tokenizer.pad_token_id,
    )
    answers: dict[int, list[int]] = {}
    base.model.eval()
    for chosen in _batches(rendered, batch):
        encoded = tokenizer(
            [rendered[at] for at in chosen],
            return_tensors="pt",
            padding=True,
            add_special_tokens=False,
        ).to(base.model.device)
        generated = base.model.generate(**encoded, generation_config=config)
        start = encoded["input_ids"].shape[1]
        answers.update(zip(chosen, generated[:, start:].tolist(), strict=True))
        on_batch(len(answers))
    return [answers[at] for at in range(len(rendered))]


def end_tokens(base: Base) -> list[int]:
    """The tokens that end an answer."""
    tokens = base.model.generation_config.eos_token_id or base.tokenizer.eos_token_id
    return [tokens] if isinstance(tokens, int) else list(tokens)


def _batches(texts: Sequence[str], size: int) -> Iterator[list[int]]:
    order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
    for start in range(0, len(order), size):
        yield order[start : start + size]
