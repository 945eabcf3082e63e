"""Greedy answers in batches."""

from collections.abc import Callable, Iterator, Sequence

import torch
from transformers import GenerationConfig

from trainer.backends.language_model.base_model import Base
from trainer.domain.evaluation.scores import Said


def answers(
    base: Base,
    prompts: Sequence[str],
    max_new_tokens: int,
    batch: int,
    on_batch: Callable[[int], None],
) -> list[Said]:
    """What the model says to each user turn, end mark and outer white space taken off."""
    ends = set(end_marks(base))
    rendered = [base.rendered(prompt) for prompt in prompts]
    return [
        Said(
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
    """The tokens that follow each text, padded behind the end mark.

    Texts of like length share a batch; the answers come in the order of `rendered`.
    `on_batch` hears how many are answered.
    """
    tokenizer = base.tokenizer
    config = GenerationConfig(  # type: ignore[no-untyped-call]
        max_new_tokens=max_new_tokens,
        do_sample=False,
        eos_token_id=end_marks(base),
        pad_token_id=tokenizer.pad_token_id,
    )
    found: dict[int, list[int]] = {}
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
        found.update(zip(chosen, generated[:, start:].tolist(), strict=True))
        on_batch(len(found))
    return [found[at] for at in range(len(rendered))]


def end_marks(base: Base) -> list[int]:
    """The tokens that end an answer."""
    marks = base.model.generation_config.eos_token_id or base.tokenizer.eos_token_id
    return [marks] if isinstance(marks, int) else list(marks)


def _batches(texts: Sequence[str], size: int) -> Iterator[list[int]]:
    order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
    for start in range(0, len(order), size):
        yield order[start : start + size]
