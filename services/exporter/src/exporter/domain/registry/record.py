"""What a registry keeps beside a model: enough to trace it to its examples and judge it."""

from typing import Literal

from pydantic import AwareDatetime

from exporter.domain.parity.answers import Reference
from exporter.domain.parity.quantization import Quantization
from exporter.domain.registry.modelfile import Modelfile
from ratchet.contract import ArtifactRef, FormatTried, Parity, Scores, Value

Stage = Literal["load", "base", "merge", "convert", "quantize", "parity", "smoke", "store"]
"""`merge` and `smoke` are in older records alone: both happen within other stages."""


class Export(Value):
    """The outcome of a good export.

    `training_kl` is how far (nats) the adapter moves the same answers from the base model's:
    the measure for `parity.kl`. `seconds` counts each stage, over all formats tried.
    `references` are answers of the trained model, to hold a server's against.
    """

    gguf: ArtifactRef
    quantization: Quantization
    parity: Parity
    training_kl: float
    smoke_answer: str
    modelfile: Modelfile
    chat_template_sha256: str
    parameters: int
    seconds: dict[Stage, float]
    versions: dict[str, str]
    references: tuple[Reference, ...] = ()
    tried: tuple[FormatTried, ...] = ()


class ModelRecord(Value):
    """`manifest` is the adapter's manifest, where settings and example ids are."""

    name: str
    version: str
    run_id: str
    manifest: ArtifactRef
    checkpoint_at: AwareDatetime
    base_model: str
    base_sha256: str
    dataset_sha256: str
    before: Scores
    after: Scores
    export: Export
