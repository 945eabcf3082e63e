"""The likelihood of given answers, and the divergence of a model from its base."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager

import torch
from torch.nn.functional import kl_div

from ratchet.contract import ChatMessage, prompt_of
from trainer.backends.language_model.answer_rows import AnswerRows
from trainer.backends.language_model.base_model import Base

_PROMPTS = 8
PromptAndAnswer = tuple[tuple[ChatMessage, ...], str]


@torch.inference_mode()
def log_likelihoods(
    base: Base, given: Sequence[PromptAndAnswer], prompts: int = _PROMPTS
) -> dict[PromptAndAnswer, float]:
    """The mean log-probability per token (nats) of each answer, end token included.

    A batch has `prompts` prompts with all their answers.
    """
    likelihoods: dict[PromptAndAnswer, float] = {}
    for chosen, rows in _batches(base, given, prompts):
        each = rows.log_probs().gather(2, rows.answers[..., None])[..., 0]
        likelihoods.update(zip(chosen, rows.means(each), strict=True))
    return likelihoods


@torch.inference_mode()
def divergences(
    base: Base,
    answers: Sequence[PromptAndAnswer],
    adapter_disabled: Callable[[], AbstractContextManager[None]],
    prompts: int = _PROMPTS,
) -> dict[PromptAndAnswer, float]:
    """KL(model || base) in nats per token along each answer, end token included.

    Within `adapter_disabled` the model is its base. Each position compares two distributions
    over the whole vocabulary, so its divergence is exact; the log-ratio of the sampled token
    would be an estimate (Schulman 2020, "Approximating KL divergence").
    """
    divergences: dict[PromptAndAnswer, float] = {}
    for chosen, rows in _batches(base, answers, prompts):
        adapted = rows.log_probs()
        with adapter_disabled():
            each = kl_div(rows.log_probs(), adapted, log_target=True, reduction="none").sum(-1)
        divergences.update(zip(chosen, rows.means(each), strict=True))
    return divergences


def _batches(
    base: Base, given: Sequence[PromptAndAnswer], at_once: int
) -> Iterator[tuple[list[PromptAndAnswer], AnswerRows]]:
    """Batches of prompts of similar length, each with its answers."""
    answers: dict[tuple[ChatMessage, ...], list[str]] = {}
    for prompt, answer in dict.fromkeys(given):
        answers.setdefault(prompt, []).append(answer)
    prompts = sorted(answers, key=lambda turns: len(prompt_of(turns)))
    for start in range(0, len(prompts), at_once):
        chosen = prompts[start : start + at_once]
        rows = AnswerRows(
            base,
            [
                base.tokenizer(base.rendered(prompt), add_special_tokens=False).input_ids
                for prompt in chosen
            ],
            [[answer_ids(base, answer) for answer in answers[prompt]] for prompt in chosen],
        )
        yield [(prompt, answer) for prompt in chosen for answer in answers[prompt]], rows


def answer_ids(base: Base, answer: str) -> list[int]:
    """The tokens of the answer and its end; a control token in its text is read as text."""
    ids = base.tokenizer(answer, add_special_tokens=False, split_special_tokens=True).input_ids
    return [*ids, base.tokenizer.eos_token_id]
