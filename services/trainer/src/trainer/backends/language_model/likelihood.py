"""How likely a model finds given answers, and how far it has moved from its base."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager

import torch
from torch.nn.functional import kl_div

from trainer.backends.language_model.answer_rows import AnswerRows
from trainer.backends.language_model.base_model import Base

_PROMPTS = 8
Given = tuple[str, str]
"""A prompt and an answer to it."""


@torch.inference_mode()
def log_likelihoods(
    base: Base, given: Sequence[Given], prompts: int = _PROMPTS
) -> dict[Given, float]:
    """The mean log-probability of a token (nats) of each answer, end mark included.

    `prompts` are read at a time, with all their answers.
    """
    found: dict[Given, float] = {}
    for chosen, rows in _batches(base, given, prompts):
        each = rows.log_probs().gather(2, rows.answers[..., None])[..., 0]
        found.update(zip(chosen, rows.means(each), strict=True))
    return found


@torch.inference_mode()
def divergences(
    base: Base,
    said: Sequence[Given],
    bare: Callable[[], AbstractContextManager[None]],
    prompts: int = _PROMPTS,
) -> dict[Given, float]:
    """KL(model || base), nats a token, along each answer the model gave; inside `bare` it is base.

    Both distributions are over the whole vocabulary at every position of the answer and its end,
    given the same beginning: exact for a position, where the log-ratio of the token drawn is an
    estimate (Schulman 2020, "Approximating KL divergence").
    """
    found: dict[Given, float] = {}
    for chosen, rows in _batches(base, said, prompts):
        moved = rows.log_probs()
        with bare():
            each = kl_div(rows.log_probs(), moved, log_target=True, reduction="none").sum(-1)
        found.update(zip(chosen, rows.means(each), strict=True))
    return found


def _batches(
    base: Base, given: Sequence[Given], at_once: int
) -> Iterator[tuple[list[Given], AnswerRows]]:
    """Prompts of like length share a batch, each with its answers."""
    answers: dict[str, list[str]] = {}
    for prompt, answer in dict.fromkeys(given):
        answers.setdefault(prompt, []).append(answer)
    prompts = sorted(answers, key=len)
    for start in range(0, len(prompts), at_once):
        chosen = prompts[start : start + at_once]
        rows = AnswerRows(
            base,
            [_ids(base, base.rendered(prompt)) for prompt in chosen],
            [[_ended(base, answer) for answer in answers[prompt]] for prompt in chosen],
        )
        yield [(prompt, answer) for prompt in chosen for answer in answers[prompt]], rows


def _ids(base: Base, text: str) -> list[int]:
    found: list[int] = base.tokenizer(text, add_special_tokens=False).input_ids
    return found


def _ended(base: Base, answer: str) -> list[int]:
    return [*_ids(base, answer), base.tokenizer.eos_token_id]
