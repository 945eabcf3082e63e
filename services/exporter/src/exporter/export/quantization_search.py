"""Quantize as far as the answers bear it: measured against the model as it was trained."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from exporter.backends.gguf.llama import Scorer, Unreadable, scoring
from exporter.backends.gguf.weight_audit import audit
from exporter.domain.export_messages import NotExported
from exporter.domain.parity.answers import Reference
from exporter.domain.parity.quantization import Quantization, candidates
from exporter.domain.registry.chat_template import ChatTemplate, recognise
from exporter.export.build_steps import Workshop
from exporter.export.chat_evaluation import context, judged, lost_plan
from exporter.export.reference_answers import reference
from exporter.export.request import ExportRequest
from exporter.export.stage_clock import StageClock
from ratchet.contract import FormatTried, Parity
from ratchet.models import References

_SMOKE_TOKENS = 8
_PROOF = 4
"""f16 is the trained model or it is not: every fourth chat tells."""


@dataclass(frozen=True)
class Serving:
    """What a file that may serve answers; `template` is None where Ollama has none like it."""

    references: tuple[Reference, ...]
    template: ChatTemplate | None
    smoke_answer: str


@dataclass(frozen=True)
class Chosen:
    """A file near enough to the trained model, and the formats tried on the way to it."""

    gguf: Path
    quantization: Quantization
    parity: Parity
    tried: tuple[FormatTried, ...]
    serving: Serving


def choose(
    request: ExportRequest, workshop: Workshop, references: References, clock: StageClock
) -> Chosen | NotExported:
    """The first format that passes, f16 at the latest.

    The others are made of the f16 file: it is measured first, and has to pass.
    """
    bench = _Bench(request, workshop, references, clock)
    tried: dict[Quantization, FormatTried] = {"f16": bench.proof()}
    for kind in candidates(request.quantization, workshop.parameters):
        if not tried["f16"].passed:
            break
        tried[kind], serving = bench.candidate(kind)
        if serving is None:
            continue
        parity = tried[kind].parity
        assert parity is not None
        return Chosen(workshop.file(kind), kind, parity, tuple(tried.values()), serving)
    last = tried["f16"]
    return NotExported(
        reason=f"f16: {last.reason}", parity=last.parity, tried=tuple(tried.values())
    )


class _Bench:
    """Measures files of one workshop."""

    def __init__(
        self,
        request: ExportRequest,
        workshop: Workshop,
        references: References,
        clock: StageClock,
    ) -> None:
        self._limits = request.limits
        self._workshop = workshop
        self._references = references
        self._clock = clock

    def proof(self) -> FormatTried:
        """Whether f16, the file that all others are made of, holds the trained model."""
        found, _ = self._measured("f16", serve=False)
        return found

    def candidate(self, kind: Quantization) -> tuple[FormatTried, Serving | None]:
        """Whether `kind` may serve, and what it then says."""
        return self._measured(kind, serve=True)

    def _measured(self, kind: Quantization, *, serve: bool) -> tuple[FormatTried, Serving | None]:
        """What does not pass is held against the weights it was made of: the reason names them."""
        with self._clock.stage("quantize"):
            gguf = self._workshop.file(kind)
        serving = None
        with self._clock.stage("parity"):
            try:
                with scoring(gguf, context(self._references, plans=serve)) as scorer:
                    every = 1 if serve else _PROOF
                    found = judged(scorer, self._references, kind, self._limits[kind], every)
                    if found.passed and serve:
                        found, serving = self._served(scorer, found)
            except Unreadable as error:
                found = FormatTried(format=kind, passed=False, reason=str(error))
            if not found.passed:
                found = self._explained(found, gguf)
        return found, serving

    def _served(self, scorer: Scorer, found: FormatTried) -> tuple[FormatTried, Serving | None]:
        chats = zip(self._references.chats, self._references.likeliest, strict=True)
        lost = lost_plan(scorer, self._references)
        if lost is not None:
            reason = f"{lost}; {found.reason}"
            return found.model_copy(update={"passed": False, "reason": reason}), None
        spell = cache(lambda token: scorer.text([token]))
        return found, Serving(
            references=tuple(reference(*told, spell) for told in chats),
            template=recognise(scorer.render),
            smoke_answer=self._smoke(scorer),
        )

    def _smoke(self, scorer: Scorer) -> str:
        first = self._references.chats[0]
        said = scorer.continued(first.asked, first.said[:_SMOKE_TOKENS], _SMOKE_TOKENS)
        return scorer.text(said).strip()

    def _explained(self, found: FormatTried, gguf: Path) -> FormatTried:
        fault = audit(gguf, self._workshop.base_gguf(), self._workshop.merged)
        if fault is None:
            return found
        return found.model_copy(update={"reason": f"{fault}; {found.reason}"})
