"""A stand-in for an Ollama server, as strict as the real one in the calls that are used.

As releases 0.12.6 (`old`) and 0.33.0 (`new`) answered.
"""

import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from ratchet_testing.ollama_server.blobs import Blobs, DigestMismatch
from ratchet_testing.ollama_server.generate_api import GenerateApi
from ratchet_testing.ollama_server.rendering import Manner, is_model, shown_template
from ratchet_testing.ollama_server.responses import error_response, stream_line

_ACCEPTED = {"model", "files", "template", "system", "parameters", "license", "stream"}
_REJECTED = {
    "adapters": "adapters are no longer supported",
    "quantize": "quantization of GGUF files is no longer supported",
    "from": "the model does not exist and would be pulled",
}


class OllamaStandIn:
    """Accepts only the fields that a current server accepts, and makes the same checks.

    `fail_create` makes the next creations end with an error inside the stream, `break_off`
    without the final line; `creations` counts those that succeeded. An `old` server reports no
    log-probabilities; `reports_renderings` is whether it reports the rendered chat.
    """

    def __init__(self, directory: Path, manner: Manner = "new") -> None:
        self.blobs = Blobs(directory)
        self.tags: dict[str, dict[str, Any]] = {}
        self.fail_create = False
        self.break_off = False
        self.manner = manner
        self.reports_renderings = True
        self.creations = 0
        generate_api = GenerateApi(self)
        self.app = Starlette(
            routes=[
                Route("/api/version", self._version),
                Route("/api/blobs/{digest}", self._blob, methods=["HEAD", "POST"]),
                Route("/api/create", self._create, methods=["POST"]),
                Route("/api/show", self._show, methods=["POST"]),
                Route("/api/copy", self._copy, methods=["POST"]),
                Route("/api/tags", self._tags),
                Route("/api/delete", self._delete, methods=["DELETE"]),
                Route("/api/generate", generate_api.generate, methods=["POST"]),
                Route("/api/chat", generate_api.chat, methods=["POST"]),
            ]
        )

    def restart(self) -> None:
        """Remove files that no tag uses, as a server does when it starts."""
        self.blobs.prune(self._used())

    def file_of(self, tag: str) -> Path:
        """The GGUF that `tag` serves."""
        [digest] = self.tags[tag]["files"].values()
        return self.blobs.path(digest)

    @property
    def version(self) -> str:
        return "0.12.6" if self.manner == "old" else "0.33.0"

    async def _version(self, request: Request) -> Response:
        return JSONResponse({"version": self.version})

    async def _blob(self, request: Request) -> Response:
        digest = request.path_params["digest"]
        if request.method == "HEAD":
            return Response(status_code=200 if digest in self.blobs else 404)
        try:
            return Response(
                status_code=201 if self.blobs.put(digest, await request.body()) else 200
            )
        except DigestMismatch as error:
            return error_response(400, str(error))
        except ClientDisconnect:
            return error_response(500, "unexpected EOF")

    async def _create(self, request: Request) -> Response:
        body = await request.json()
        for name, reason in _REJECTED.items():
            if name in body:
                return error_response(400, reason)
        if unknown := set(body) - _ACCEPTED:
            return error_response(400, f"not supported: {sorted(unknown)}")
        return StreamingResponse(self._creation(body), media_type="application/x-ndjson")

    async def _creation(self, body: dict[str, Any]) -> AsyncIterator[str]:
        yield stream_line(status="parsing GGUF")
        for digest in body["files"].values():
            if digest not in self.blobs:
                path = self.blobs.path(digest)
                yield stream_line(error=f"open {path}: no such file or directory")
                return
            if not self._accepts(self.blobs.path(digest)):
                yield stream_line(error=f"invalid file: {digest}")
                return
        yield stream_line(status="creating new layer")
        if self.fail_create:
            yield stream_line(error="write: no space left on device")
            return
        if self.break_off:
            return
        manifest = json.dumps({**body, "model": ""}, sort_keys=True)
        digest = hashlib.sha256(manifest.encode()).hexdigest()
        self.tags[body["model"]] = {**body, "digest": digest}
        self.creations += 1
        self.blobs.prune(self._used())
        yield stream_line(status="success")

    async def _show(self, request: Request) -> Response:
        name = (await request.json())["model"]
        tag = self.tags.get(name)
        if tag is None:
            return error_response(404, f"model '{name}' not found")
        template = shown_template(self.manner, tag, self.file_of(name))
        texts = {"template": template, "system": tag.get("system"), "license": tag.get("license")}
        shown = {name: text for name, text in texts.items() if text}
        parameters = "\n".join(_parameters(tag.get("parameters", {})))
        return JSONResponse({**shown, "parameters": parameters})

    async def _copy(self, request: Request) -> Response:
        body = await request.json()
        if body["source"] not in self.tags:
            return error_response(404, f'model "{body["source"]}" not found')
        self.tags[body["destination"]] = self.tags[body["source"]]
        return Response()

    async def _tags(self, request: Request) -> Response:
        models = [{"name": name, "digest": tag["digest"]} for name, tag in self.tags.items()]
        return JSONResponse({"models": models})

    async def _delete(self, request: Request) -> Response:
        name = (await request.json())["model"]
        if self.tags.pop(name, None) is None:
            return error_response(404, f"model '{name}' not found")
        self.blobs.prune(self._used())
        return Response()

    def _accepts(self, file: Path) -> bool:
        """An old server looks at the beginning of a file, a new one at its tensors."""
        if self.manner == "new":
            return is_model(file)
        return file.read_bytes().startswith(b"GGUF")

    def _used(self) -> set[str]:
        return {digest for tag in self.tags.values() for digest in tag.get("files", {}).values()}


def _parameters(values: dict[str, Any]) -> list[str]:
    """As Go's `%-30s %#v`, one line for each item of a list; floats lose a trailing `.0`."""
    return [
        f"{name:<30} {f'{item:g}' if isinstance(item, float) else json.dumps(item)}"
        for name, value in values.items()
        for item in (value if isinstance(value, list) else [value])
    ]
