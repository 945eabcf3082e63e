"""What the export process says while it works, and at its end."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from exporter.domain.record import Export, Stage
from ratchet.events.base import Value
from ratchet.events.model import Parity


class StageDone(Value):
    type: Literal["stage"] = "stage"
    stage: Stage
    seconds: float


class Exported(Value):
    type: Literal["exported"] = "exported"
    export: Export


class NotExported(Value):
    """The model must not be served; trying again would not change that."""

    type: Literal["refused"] = "refused"
    reason: str
    parity: Parity | None = None


Line = Annotated[StageDone | Exported | NotExported, Field(discriminator="type")]
LINE: TypeAdapter[StageDone | Exported | NotExported] = TypeAdapter(Line)
