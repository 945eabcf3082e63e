"""Greedy answers in batches."""

from collections.abc import Callable, Iterator, Sequence

import torch
from transformers import GenerationConfig

from trainer.backends.base import Base
from trainer.domain.scores import Said


@torch.inference_mode()
def answers(
    base: Base,
    prompts: Sequence[str],
    max_new_tokens: int,
    batch: int,
    on_batch: Callable[[int], None],
) -> list[Said]:
    """What the model says to each user turn, end mark and outer white space taken off.

    Prompts of like length share a batch; the answers come in the order of `prompts`.
    `on_batch` hears how many are answered.
    """
    tokenizer = base.tokenizer
    ends = _end_marks(base)
    config = GenerationConfig(  # type: ignore[no-untyped-call]
        max_new_tokens=max_new_tokens,
        do_sample=False,
        eos_token_id=ends,
        pad_token_id=tokenizer.pad_token_id,
    )
    rendered = [base.rendered(prompt) for prompt in prompts]
    found: dict[int, Said] = {}
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
        for at, tokens in zip(chosen, generated[:, start:].tolist(), strict=True):
            text = tokenizer.decode(tokens, skip_special_tokens=True).strip()
            found[at] = Said(text, finished=not set(ends).isdisjoint(tokens))
        on_batch(len(found))
    return [found[at] for at in range(len(prompts))]


def _end_marks(base: Base) -> list[int]:
    marks = base.model.generation_config.eos_token_id or base.tokenizer.eos_token_id
    return [marks] if isinstance(marks, int) else list(marks)


def _batches(texts: Sequence[str], size: int) -> Iterator[list[int]]:
    order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
    for start in range(0, len(order), size):
        yield order[start : start + size]
