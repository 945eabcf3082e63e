"""A stand-in for a llama-server without a model of its own: it serves the ones of a directory."""

from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ratchet_testing.ollama_server.llama_answers import LlamaAnswers
from ratchet_testing.ollama_server.rendering import rendered


class LlamaServer:
    """Lists the directories that have a GGUF, and starts a model with the first request for it.

    `loaded` has the file of each started model by its name; a model keeps its file until it is
    unloaded, even where the link of its name has moved. `answer` is what every model says; None:
    what llama.cpp says.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.loaded: dict[str, Path] = {}
        self.answer: str | None = None
        self._llama = LlamaAnswers()
        self.app = Starlette(
            routes=[
                Route("/props", self._props),
                Route("/models", self._models),
                Route("/models/unload", self._unload, methods=["POST"]),
                Route("/apply-template", self._render, methods=["POST"]),
                Route("/v1/chat/completions", self._chat, methods=["POST"]),
            ]
        )

    def start(self, name: str) -> Path | None:
        """The file that answers under `name`; None if the directory has none."""
        file = self.directory / name / "model.gguf"
        if name not in self.loaded and file.is_file():
            self.loaded[name] = file.resolve()
        return self.loaded.get(name)

    async def _props(self, request: Request) -> Response:
        return JSONResponse({"role": "router", "build_info": "b9999-local"})

    async def _models(self, request: Request) -> Response:
        names = sorted(path.parent.name for path in self.directory.glob("*/*.gguf"))
        return JSONResponse({"object": "list", "data": [{"id": name} for name in names]})

    async def _unload(self, request: Request) -> Response:
        if self.loaded.pop((await request.json())["model"], None) is None:
            return _error(400, "model is not running")
        return JSONResponse({"success": True})

    async def _render(self, request: Request) -> Response:
        body = await request.json()
        file = self.start(body["model"])
        if file is None:
            return _error(400, "model is not found")
        return JSONResponse({"prompt": rendered("new", {}, file, body["messages"])})

    async def _chat(self, request: Request) -> Response:
        body = await request.json()
        file = self.start(body["model"])
        if file is None:
            return _error(400, "model is not found")
        text, ended = self.answer, True
        if text is None:
            chat = rendered("new", {}, file, body["messages"])
            said = self._llama.answer(file, chat, body["max_tokens"], (), 0)
            text, ended = said.text, said.ended
        message = {"role": "assistant", "content": text}
        choice = {"message": message, "finish_reason": "stop" if ended else "length"}
        return JSONResponse({"choices": [choice], "model": body["model"]})


def _error(status: int, message: str) -> Response:
    error: dict[str, Any] = {"code": status, "message": message, "type": "invalid_request_error"}
    return JSONResponse({"error": error}, status)
