"""What the export processes say while they work, and at their ends."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from exporter.domain.registry.record import Export, Stage
from ratchet.contract import FormatTried, Parity, Value


class StageDone(Value):
    type: Literal["stage"] = "stage"
    stage: Stage
    seconds: float


class Built(Value):
    """A file of the first format to be tried, which nobody has judged."""

    type: Literal["built"] = "built"
    gguf: Path


class Exported(Value):
    type: Literal["exported"] = "exported"
    export: Export


class NotExported(Value):
    """The model must not be served; trying again would not change that."""

    type: Literal["refused"] = "refused"
    reason: str
    parity: Parity | None = None
    tried: tuple[FormatTried, ...] = ()


Line = Annotated[StageDone | Built | Exported | NotExported, Field(discriminator="type")]
LINE: TypeAdapter[StageDone | Built | Exported | NotExported] = TypeAdapter(Line)
