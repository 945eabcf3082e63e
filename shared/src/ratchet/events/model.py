"""What is served: registered versions, the active one, and refusals."""

from typing import Literal

from pydantic import Field

from ratchet.events.artifact import ArtifactRef
from ratchet.events.base import Event, Value


class Parity(Value):
    """Agreement of the exported file with the Hugging Face model over `tokens` positions.

    `top1` is the share of positions with the same most likely token, `kl` the mean
    Kullback-Leibler divergence in nats, HF against exported.
    """

    top1: float
    kl: float
    tokens: int = Field(ge=1)
    template_equal: bool


class ModelRegistered(Event):
    type: Literal["ModelRegistered"] = "ModelRegistered"
    run_id: str
    name: str
    version: str
    registry: Literal["ollama", "local"]
    quantization: str
    gguf: ArtifactRef
    parity: Parity
    smoke_answer: str
    seconds: float


class ModelActivated(Event):
    type: Literal["ModelActivated"] = "ModelActivated"
    name: str
    version: str
    previous: str | None = None


class ModelRefused(Event):
    type: Literal["ModelRefused"] = "ModelRefused"
    run_id: str
    reason: str
    parity: Parity | None = None
