"""A strict stand-in for an Ollama server, and the values registries and handlers are tested on."""

import hashlib
import json
import struct
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from exporter.domain.chat_template import ChatTemplate
from exporter.domain.modelfile import Modelfile, Sampling
from exporter.domain.record import Export, ModelRecord
from ratchet.events.artifact import ArtifactRef
from ratchet.events.model import Parity
from ratchet.events.run import Scores

MakeRecord = Callable[..., ModelRecord]
_SCORES = Scores(preference_accuracy=0.5, text_quality=0.5, grounded_accuracy=0.5)
_TAKEN = {"model", "files", "template", "system", "parameters", "license", "stream"}


class OllamaStandIn:
    """Takes only what a current server takes, and checks what it checks.

    `fail_create` makes the next creations end with an error inside the stream, `break_off`
    without the final line; `creations` and `uploads` count those that succeeded.
    """

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.tags: dict[str, dict[str, Any]] = {}
        self.fail_create = False
        self.break_off = False
        self.creations = 0
        self.uploads = 0
        self.app = Starlette(
            routes=[
                Route("/api/version", self._version),
                Route("/api/blobs/{digest}", self._blob, methods=["HEAD", "POST"]),
                Route("/api/create", self._create, methods=["POST"]),
                Route("/api/show", self._show, methods=["POST"]),
                Route("/api/copy", self._copy, methods=["POST"]),
                Route("/api/tags", self._tags),
                Route("/api/delete", self._delete, methods=["DELETE"]),
            ]
        )

    async def _version(self, request: Request) -> Response:
        return JSONResponse({"version": "0.34.1"})

    async def _blob(self, request: Request) -> Response:
        digest = request.path_params["digest"]
        if request.method == "HEAD":
            return Response(status_code=200 if digest in self.blobs else 404)
        content = await request.body()
        if f"sha256:{hashlib.sha256(content).hexdigest()}" != digest:
            return JSONResponse({"error": "digest mismatch"}, 400)
        known = digest in self.blobs
        self.blobs[digest] = content
        self.uploads += 1
        return Response(status_code=200 if known else 201)

    async def _create(self, request: Request) -> Response:
        body = await request.json()
        if unknown := set(body) - _TAKEN:
            return JSONResponse({"error": f"not supported: {sorted(unknown)}"}, 400)
        return StreamingResponse(self._creation(body), media_type="application/x-ndjson")

    async def _creation(self, body: dict[str, Any]) -> Any:
        yield _line(status="parsing GGUF")
        digests = list(body["files"].values())
        for digest in digests:
            if not self.blobs.get(digest, b"").startswith(b"GGUF"):
                yield _line(error=f"invalid file: {digest}")
                return
        yield _line(status="creating new layer")
        if self.fail_create:
            yield _line(error="write: no space left on device")
            return
        if self.break_off:
            return
        manifest = json.dumps(body, sort_keys=True).replace(body["model"], "")
        digest = hashlib.sha256(manifest.encode()).hexdigest()
        self.tags[body["model"]] = {**body, "digest": digest}
        self.creations += 1
        yield _line(status="success")

    async def _show(self, request: Request) -> Response:
        found = self.tags.get((await request.json())["model"])
        return JSONResponse(found) if found else JSONResponse({"error": "not found"}, 404)

    async def _copy(self, request: Request) -> Response:
        body = await request.json()
        if body["source"] not in self.tags:
            return JSONResponse({"error": "not found"}, 404)
        self.tags[body["destination"]] = self.tags[body["source"]]
        return Response()

    async def _tags(self, request: Request) -> Response:
        models = [{"name": name, "digest": tag["digest"]} for name, tag in self.tags.items()]
        return JSONResponse({"models": models})

    async def _delete(self, request: Request) -> Response:
        found = self.tags.pop((await request.json())["model"], None)
        return Response(status_code=200 if found else 404)


def _line(**said: str) -> str:
    return json.dumps(said) + "\n"


@pytest.fixture
def ollama() -> OllamaStandIn:
    return OllamaStandIn()


@pytest.fixture
def gguf(tmp_path: Path) -> Path:
    """The smallest file that is a GGUF: no tensors, one key."""
    key, value = b"general.architecture", b"llama"
    path = tmp_path / "source.gguf"
    path.write_bytes(
        b"GGUF"
        + struct.pack("<IQQ", 3, 0, 1)
        + struct.pack("<Q", len(key))
        + key
        + struct.pack("<IQ", 8, len(value))
        + value
    )
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
    """A file for each of three versions, no two the same."""
    found = {version: tmp_path / f"{version}.gguf" for version in ("v1", "v2", "v3")}
    for version, file in found.items():
        file.write_bytes(gguf.read_bytes() + version.encode())
    return found
