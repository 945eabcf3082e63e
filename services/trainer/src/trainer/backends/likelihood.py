"""How likely a model finds given answers."""

from collections.abc import Sequence

import torch

from trainer.backends.base import Base

_ROWS = 8


@torch.inference_mode()
def log_likelihoods(base: Base, asked: Sequence[tuple[str, str]]) -> list[float]:
    """The mean log-probability of a token (nats) of each answer, end mark included."""
    tokenizer = base.tokenizer
    texts = [
        (
            tokenizer(base.rendered(prompt), add_special_tokens=False).input_ids,
            [*tokenizer(answer, add_special_tokens=False).input_ids, tokenizer.eos_token_id],
        )
        for prompt, answer in asked
    ]
    base.model.eval()
    found: list[float] = []
    for start in range(0, len(texts), _ROWS):
        found += _batch(base, texts[start : start + _ROWS])
    return found


def _batch(base: Base, texts: Sequence[tuple[list[int], list[int]]]) -> list[float]:
    """Rows end together, so that the last logits of all rows are those of the answers."""
    model, pad = base.model, base.tokenizer.pad_token_id
    width = max(len(prompt) + len(answer) for prompt, answer in texts)
    kept = max(len(answer) for _, answer in texts)
    padding = [width - len(prompt) - len(answer) for prompt, answer in texts]
    ids = torch.tensor(
        [
            [pad] * left + prompt + answer
            for left, (prompt, answer) in zip(padding, texts, strict=True)
        ],
        device=model.device,
    )
    mask = torch.tensor(
        [[0] * left + [1] * (width - left) for left in padding], device=model.device
    )
    logits = model(
        input_ids=ids,
        attention_mask=mask,
        position_ids=(mask.cumsum(1) - 1).clamp(min=0),
        logits_to_keep=kept + 1,
        use_cache=False,
    ).logits[:, :-1]
    each = torch.log_softmax(logits.float(), -1).gather(2, ids[:, -kept:, None])[..., 0]
    lengths = [len(answer) for _, answer in texts]
    return [float(row[-length:].mean()) for row, length in zip(each, lengths, strict=True)]
