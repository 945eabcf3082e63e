"""Quantize as far as the answers bear it: measured against the model as it was trained."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from exporter.backends.hf import Trained
from exporter.backends.llama import quantize, scoring
from exporter.backends.work_dir import once
from exporter.domain.job import NotExported
from exporter.domain.parity import Agreement, Failed, compare, verdict
from exporter.domain.quantization import Quantization, candidates
from exporter.job.clock import StageClock
from exporter.request import ExportRequest
from ratchet.events.model import Parity

PROMPTS = 10
_ANSWER_TOKENS = 24
_COMPARED_TOKENS = 48
"""At the end of each chat: the whole answer and the last of the question."""


@dataclass(frozen=True)
class Chosen:
    """A file near enough to the trained model; `training_kl` is how far training moved it."""

    gguf: Path
    quantization: Quantization
    parity: Parity
    training_kl: float


@dataclass(frozen=True)
class _Measured:
    exported: Agreement
    training: Agreement


def choose(
    request: ExportRequest, trained: Trained, f16: Path, parameters: int, clock: StageClock
) -> Chosen | NotExported:
    """The first candidate format that passes, or why the last one did not."""
    refusal = NotExported(reason="no format to try")
    for kind in candidates(request.quantization, parameters):
        with clock.stage("quantize"):
            gguf = f16 if kind == "f16" else _quantized(f16, kind)
        with clock.stage("parity"):
            measured = _measure(trained, gguf, request.manifest.parity_prompts[:PROMPTS])
        if measured is None:
            return NotExported(reason="the exported file renders or splits chats in another way")
        parity = Parity(
            top1=measured.exported.top1,
            kl=measured.exported.kl,
            tokens=measured.exported.tokens,
            template_equal=True,
        )
        decision = verdict(measured.exported, measured.training, request.limits[kind])
        if not isinstance(decision, Failed):
            return Chosen(gguf, kind, parity, measured.training.kl)
        refusal = NotExported(reason=f"{kind}: {decision.reason}", parity=parity)
    return refusal


def _quantized(f16: Path, kind: Quantization) -> Path:
    return once(f16.with_name(f"{kind}.gguf"), partial(quantize, f16, kind=kind))


def _measure(trained: Trained, gguf: Path, prompts: Sequence[str]) -> _Measured | None:
    """Compare on `prompts` as user turns, each continued by the file's own likeliest answer.

    None when template or tokens differ: then no position can be compared.
    """
    chats = [trained.render([{"role": "user", "content": prompt}]) for prompt in prompts]
    split = [trained.tokens(chat) for chat in chats]
    exported = training = Agreement()
    with scoring(gguf, context=max(map(len, split)) + _ANSWER_TOKENS) as scorer:
        if scorer.chat_template != trained.chat_template:
            return None
        if [scorer.tokens(chat) for chat in chats] != split:
            return None
        for prompt in split:
            chat, logits = scorer.answered(prompt, _ANSWER_TOKENS, _COMPARED_TOKENS)
            reference = trained.logits(chat, _COMPARED_TOKENS)
            exported += compare(reference, logits)
            training += compare(reference, trained.base_logits(chat, _COMPARED_TOKENS))
    return _Measured(exported, training)
