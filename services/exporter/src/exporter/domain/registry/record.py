"""The record of a registered model: its lineage, its figures and how it is served."""

from typing import Literal

from pydantic import AwareDatetime

from exporter.domain.parity.answers import ReferenceAnswer, RenderedChat
from exporter.domain.parity.quantization import Quantization
from exporter.domain.registry.modelfile import Modelfile
from ratchet.contract import ArtifactRef, FormatTried, Parity, Scores, Value

ExportStage = Literal["load", "base", "merge", "convert", "quantize", "parity", "smoke", "store"]
"""`merge` and `smoke` occur in older records only: both are part of other stages now."""


class Export(Value):
    """The result of a successful export.

    `training_kl` is the KL divergence (nats) that training caused on the same answers: the scale
    for `parity.kl`. `seconds` are those of each stage, over all formats tried. `references` are
    answers of the trained model, which a server's answers are compared with, and `chats` the texts
    that it reads. `start` is the text that the tokenizer puts before every chat.
    """

    gguf: ArtifactRef
    quantization: Quantization
    parity: Parity
    training_kl: float
    smoke_answer: str
    modelfile: Modelfile
    chat_template_sha256: str
    parameters: int
    seconds: dict[ExportStage, float]
    versions: dict[str, str]
    references: tuple[ReferenceAnswer, ...] = ()
    start: str = ""
    chats: tuple[RenderedChat, ...] = ()
    tried: tuple[FormatTried, ...] = ()


class ModelRecord(Value):
    """`manifest` is the adapter's manifest, which has the settings and example ids."""

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
