"""Finds the smallest format whose answers stay near enough to the trained model's."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from exporter.backends.gguf.llama import LlamaModel, UnreadableGguf, open_model
from exporter.backends.gguf.weight_audit import audit
from exporter.domain.export_messages import ExportRefused
from exporter.domain.parity.answers import ReferenceAnswer, RenderedChat
from exporter.domain.parity.quantization import Quantization, candidates
from exporter.domain.registry.chat_template import (
    ChatTemplate,
    recognize,
    rendered_chats,
)
from exporter.export.build_steps import BuildSteps
from exporter.export.chat_evaluation import (
    context_tokens,
    evaluate_chats,
    find_lost_plan,
    reference_answer,
)
from exporter.export.request import ExportRequest
from exporter.export.stage_clock import StageClock
from ratchet.contract import FormatTried, Parity
from ratchet_models import References

_SMOKE_TOKENS = 8
_F16_EVERY = 4
"""f16 must equal the trained model within rounding: every fourth chat shows whether it does."""


@dataclass(frozen=True)
class ServingAnswers:
    """What a server of a file that passed must answer and render.

    `template` is None if Ollama's template language has no equivalent; `start` is the text that
    the file's tokenizer puts before every chat.
    """

    references: tuple[ReferenceAnswer, ...]
    template: ChatTemplate | None
    start: str
    chats: tuple[RenderedChat, ...]
    smoke_answer: str


@dataclass(frozen=True)
class ChosenFile:
    """The file that passed; `tried` are all formats that were checked, in order."""

    gguf: Path
    quantization: Quantization
    parity: Parity
    tried: tuple[FormatTried, ...]
    serving: ServingAnswers


def choose_format(
    request: ExportRequest, steps: BuildSteps, references: References, clock: StageClock
) -> ChosenFile | ExportRefused:
    """The first format that passes, f16 at the latest.

    The f16 file is checked first and has to pass. The others are quantized from it, and in their
    rounding a wrong merge could not be told from the format's own error.
    """
    trials = _FormatTrials(request, steps, references, clock)
    f16, _ = trials.check("f16", serve=False)
    tried: dict[Quantization, FormatTried] = {"f16": f16}
    for kind in candidates(request.quantization, steps.parameters):
        if not tried["f16"].passed:
            break
        tried[kind], serving = trials.check(kind, serve=True)
        if serving is None:
            continue
        parity = tried[kind].parity
        assert parity is not None
        return ChosenFile(steps.file(kind), kind, parity, tuple(tried.values()), serving)
    last = tried["f16"]
    return ExportRefused(
        reason=f"f16: {last.reason}", parity=last.parity, tried=tuple(tried.values())
    )


@dataclass(frozen=True)
class _FormatTrials:
    """Builds and checks one format at a time."""

    request: ExportRequest
    steps: BuildSteps
    references: References
    clock: StageClock

    def check(
        self, kind: Quantization, *, serve: bool
    ) -> tuple[FormatTried, ServingAnswers | None]:
        """Whether `kind` is the trained model and, with `serve`, its answers if it may serve."""
        with self.clock.stage("quantize"):
            gguf = self.steps.file(kind)
        serving = None
        with self.clock.stage("parity"):
            try:
                with open_model(gguf, context_tokens(self.references, plans=serve)) as model:
                    every = 1 if serve else _F16_EVERY
                    trial = evaluate_chats(
                        model, self.references, kind, self.request.limits[kind], every
                    )
                    if trial.passed and serve:
                        trial, serving = self._serve(model, trial)
            except UnreadableGguf as error:
                trial = FormatTried(format=kind, passed=False, reason=str(error))
            if not trial.passed:
                trial = self._explain(trial, gguf)
        return trial, serving

    def _serve(
        self, model: LlamaModel, trial: FormatTried
    ) -> tuple[FormatTried, ServingAnswers | None]:
        lost = find_lost_plan(model, self.references)
        if lost is not None:
            reason = f"{lost}; {trial.reason}"
            return trial.model_copy(update={"passed": False, "reason": reason}), None
        spell = cache(lambda token: model.text([token]))
        chats = zip(self.references.chats, self.references.likeliest, strict=True)
        return trial, ServingAnswers(
            references=tuple(reference_answer(*recorded, spell) for recorded in chats),
            template=recognize(model.render, model.start),
            start=model.start,
            chats=rendered_chats(model.render),
            smoke_answer=self._smoke(model),
        )

    def _smoke(self, model: LlamaModel) -> str:
        chat = self.references.chats[0]
        answer = model.greedy(chat.asked, draft=chat.said[:_SMOKE_TOKENS], limit=_SMOKE_TOKENS)
        return model.text(answer).strip()

    def _explain(self, trial: FormatTried, gguf: Path) -> FormatTried:
        """Prepend the fault of the file's weights, if they have one.

        Only for a file that failed: reading the whole file takes seconds.
        """
        fault = audit(gguf, self.steps.base_gguf(), self.steps.merged)
        if fault is None:
            return trial
        return trial.model_copy(update={"reason": f"{fault}; {trial.reason}"})
