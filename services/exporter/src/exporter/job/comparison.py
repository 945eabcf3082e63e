"""Quantize as far as the answers bear it: measured against the model as it was trained."""

from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path

from exporter.backends.audit import audit
from exporter.backends.hf import Trained
from exporter.backends.llama import Scorer, Unreadable, scoring
from exporter.domain.answers import Reference
from exporter.domain.fault import Fault
from exporter.domain.job import NotExported
from exporter.domain.parity import Agreement, Failed, verdict
from exporter.domain.quantization import Quantization, candidates
from exporter.job.clock import StageClock
from exporter.job.exchange import Exchange, exchanges, longest, reference
from exporter.job.workshop import Workshop
from exporter.request import ExportRequest
from ratchet.events.model import FormatTried, Parity
from ratchet.measures.plans import plan_validity

_PLAN_TOKENS = 160


@dataclass(frozen=True)
class Chosen:
    """A file near enough to the trained model; `training_kl` is how far training moved it."""

    gguf: Path
    quantization: Quantization
    parity: Parity
    training_kl: float
    tried: tuple[FormatTried, ...]
    references: tuple[Reference, ...]


def choose(
    request: ExportRequest, workshop: Workshop, trained: Trained, clock: StageClock
) -> Chosen | NotExported:
    """The first format that passes, f16 at the latest.

    The others are made of the f16 file: it is measured first, and has to pass.
    """
    bench = _Bench(request, workshop, trained)
    tried: dict[Quantization, FormatTried] = {}

    def passes(kind: Quantization) -> bool:
        if kind not in tried:
            with clock.stage("quantize"):
                gguf = workshop.file(kind)
            with clock.stage("parity"):
                tried[kind] = bench.measured(gguf, kind)
        return tried[kind].passed

    if not passes("f16"):
        f16 = tried["f16"]
        return NotExported(reason=f"f16: {f16.reason}", parity=f16.parity, tried=(f16,))
    kind = next(filter(passes, candidates(request.quantization, workshop.parameters)))
    parity = tried[kind].parity
    assert parity is not None
    return Chosen(
        gguf=workshop.file(kind),
        quantization=kind,
        parity=parity,
        training_kl=bench.training.kl,
        tried=tuple(tried.values()),
        references=tuple(reference(exchange, trained) for exchange in bench.exchanges),
    )


class _Bench:
    """Measures files of one workshop; the first one answers the questions for all."""

    def __init__(self, request: ExportRequest, workshop: Workshop, trained: Trained) -> None:
        self.exchanges: list[Exchange] = []
        self._request = request
        self._workshop = workshop
        self._trained = trained
        self._planned: tuple[str, ...] = request.manifest.plan_prompts

    @property
    def training(self) -> Agreement:
        return reduce(add, (exchange.training for exchange in self.exchanges))

    def measured(self, gguf: Path, kind: Quantization) -> FormatTried:
        """What does not pass is held against the weights it was made of: the reason names them."""
        try:
            with scoring(gguf, self._context()) as scorer:
                found = self._judged(scorer, kind)
        except Unreadable as error:
            found = FormatTried(format=kind, passed=False, reason=str(error))
        if found.passed:
            return found
        fault = audit(gguf, self._workshop.base_gguf(), self._workshop.merged)
        reason = found.reason if fault is None else f"{fault}; {found.reason}"
        return found.model_copy(update={"reason": reason})

    def _judged(self, scorer: Scorer, kind: Quantization) -> FormatTried:
        fault = self._read_otherwise(scorer)
        if fault is not None:
            return FormatTried(format=kind, passed=False, reason=str(fault))
        if not self.exchanges:
            prompts = self._request.manifest.parity_prompts
            self.exchanges = exchanges(self._trained, scorer, prompts)
        exported = reduce(add, (exchange.compared(scorer) for exchange in self.exchanges))
        parity = Parity(
            top1=exported.top1,
            kl=exported.kl,
            kl_p99=exported.kl_p99,
            tokens=exported.tokens,
            template_equal=True,
        )
        decision = verdict(exported, self.training, self._request.limits[kind])
        lost = self._lost_plans(scorer, kind)
        return FormatTried(
            format=kind,
            passed=lost is None and not isinstance(decision, Failed),
            reason=decision.reason if lost is None else f"{lost}; {decision.reason}",
            parity=parity,
        )

    def _read_otherwise(self, scorer: Scorer) -> Fault | None:
        """Why chats mean something else to the file than to the trained model."""
        trained = self._trained
        if scorer.chat_template != trained.chat_template:
            return Fault(name="wrong template", said="the file renders chats by another template")
        for prompt in self._request.manifest.parity_prompts:
            chat = trained.chat(prompt)
            if scorer.tokens(chat) != trained.tokens(chat):
                return Fault(name="wrong tokenizer", said=f"it splits {prompt[-60:]!r} differently")
        if scorer.end_of_turn != trained.end_of_turn:
            said = f"it ends turns by token {scorer.end_of_turn} and not by {trained.end_of_turn}"
            return Fault(name="wrong stop token", said=said)
        return None

    def _lost_plans(self, scorer: Scorer, kind: Quantization) -> Fault | None:
        """Plans that f16 wrote as the dashboard can show them, and this file does not."""
        valid = tuple(prompt for prompt in self._planned if self._plans(scorer, prompt))
        if kind == "f16":
            self._planned = valid
        lost = [prompt for prompt in self._planned if prompt not in valid]
        if not lost:
            return None
        said = f"{len(lost)} of {len(self._planned)} widget plans are no longer valid"
        return Fault(name="lost plan", said=said)

    def _plans(self, scorer: Scorer, prompt: str) -> bool:
        asked = self._trained.tokens(self._trained.chat(prompt))
        return plan_validity(scorer.text(scorer.answered(asked, _PLAN_TOKENS))).valid

    def _context(self) -> int:
        manifest = self._request.manifest
        spoken = longest(self._trained, manifest.parity_prompts)
        planned = longest(self._trained, manifest.plan_prompts) if manifest.plan_prompts else 0
        return max(spoken, planned + _PLAN_TOKENS)
