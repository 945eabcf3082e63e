"""Messages that the export processes send to the service."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from exporter.domain.registry.record import Export, ExportStage
from ratchet.contract import FormatTried, Parity, Value

ANOTHER_BASE = (
    "set RATCHET_TRAINER_BASE_MODEL to a base whose architecture and tokenizer llama.cpp converts"
)
"""The remedy where llama.cpp cannot have the model."""


class StageDone(Value):
    type: Literal["stage"] = "stage"
    stage: ExportStage
    seconds: float


class BuiltFile(Value):
    """An unchecked file of the first format to try."""

    type: Literal["built"] = "built"
    gguf: Path


class Exported(Value):
    type: Literal["exported"] = "exported"
    export: Export


class ExportRefused(Value):
    """The model must not be served; a retry would end the same. `remedy` is empty if unknown."""

    type: Literal["refused"] = "refused"
    reason: str
    remedy: str = ""
    parity: Parity | None = None
    tried: tuple[FormatTried, ...] = ()

    @property
    def message(self) -> str:
        return f"{self.reason}: {self.remedy}" if self.remedy else self.reason


ExportMessage = StageDone | BuiltFile | Exported | ExportRefused
EXPORT_MESSAGES: TypeAdapter[ExportMessage] = TypeAdapter(
    Annotated[ExportMessage, Field(discriminator="type")]
)
