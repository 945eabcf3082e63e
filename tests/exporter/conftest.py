"""The stand-in for an Ollama server, and the records and files that tests register."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from exporter.domain.registry.chat_template import ChatTemplate
from exporter.domain.registry.modelfile import Modelfile, Sampling
from exporter.domain.registry.record import Export, ModelRecord
from ratchet.contract import ArtifactRef, Parity, Scores
from ratchet_models.base_models import packaged_gguf
from ratchet_testing.ollama_server.server import OllamaStandIn

from .chat_formats import FORMATS
from .small_gguf import write_small_gguf
from .trained_model import TrainedModel, trained_model

MakeRecord = Callable[..., ModelRecord]
_SCORES = Scores(preference_accuracy=0.5, text_quality=0.5, grounded_accuracy=0.5)


@pytest.fixture(params=["old", "new"])
def ollama(request: pytest.FixtureRequest, tmp_path: Path) -> OllamaStandIn:
    return OllamaStandIn(tmp_path / "ollama", request.param)


@pytest.fixture(scope="session")
def small_gguf(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("small") / "small.gguf"
    return write_small_gguf(path, FORMATS["ChatML"]).read_bytes()


@pytest.fixture
def gguf(tmp_path: Path, small_gguf: bytes) -> Path:
    path = tmp_path / "source.gguf"
    path.write_bytes(small_gguf)
    return path


@pytest.fixture
def record(gguf: Path) -> MakeRecord:
    """Make the record of `version`, of the file `gguf`."""

    def make(version: str, *, template: bool = True, num_ctx: int = 4096) -> ModelRecord:
        content = gguf.read_bytes()
        sha256 = hashlib.sha256(content).hexdigest()
        chat = ChatTemplate(family="chatml", template="{{ .Role }}", system="Hi", stop=("<|end|>",))
        export = Export(
            gguf=ArtifactRef(sha256=sha256, size=len(content), name="model.gguf"),
            quantization="q8_0",
            parity=Parity(top1=0.98, kl=0.004, tokens=480, template_equal=True),
            training_kl=0.03,
            smoke_answer="21 °C.",
            modelfile=Modelfile(
                sampling=Sampling(num_ctx=num_ctx), template=chat if template else None
            ),
            chat_template_sha256="c" * 64,
            parameters=135_000_000,
            seconds={"merge": 1.0},
            versions={},
        )
        return ModelRecord(
            name="test-model",
            version=version,
            run_id="run-1",
            manifest=ArtifactRef(sha256="d" * 64, size=1, name="manifest.json"),
            checkpoint_at=datetime(2026, 9, 11, tzinfo=UTC),
            base_model="base",
            base_sha256="b" * 64,
            dataset_sha256="e" * 64,
            before=_SCORES,
            after=_SCORES,
            export=export,
        )

    return make


@pytest.fixture
def ggufs(tmp_path: Path, gguf: Path) -> dict[str, Path]:
    """A different file for each of three versions."""
    files = {version: tmp_path / f"{version}.gguf" for version in ("v1", "v2", "v3")}
    for version, file in files.items():
        file.write_bytes(gguf.read_bytes() + version.encode())
    return files


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> TrainedModel:
    """The packaged model, changed as by training."""
    base = packaged_gguf("smollm2-135m-instruct")
    return trained_model(base, tmp_path_factory.mktemp("trained"))
