"""A stand-in for an OpenAI-compatible server of one model, which it reads when it starts."""

import math
from pathlib import Path
from typing import Any, Literal

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ratchet_testing.ollama_server.rendering import rendered

Kind = Literal["llama-server", "vllm", "other"]
"""Only the first two report how they render a chat; vLLM refuses a model's other names."""


class OneModelServer:
    """Serves `file` as `name`; POST /reload reads it again.

    `words` are what the model of each version answers to a chat that it reads as `chat`, with the
    shares in `shares`; other texts it answers in other words. `template` is the server's own chat
    template, instead of the one in the file. As many requests as `loading` are answered 503.
    """

    def __init__(self, file: Path, name: str, kind: Kind) -> None:
        self.kind = kind
        self.file = file
        self.name = name
        self.chat = ""
        self.words: dict[str, tuple[str, ...]] = {}
        self.shares: dict[str, float] = {}
        self.told_logprobs = True
        self.template: str | None = None
        self.refuses_reload = False
        self.loaded: Path | None = None
        self.loading = 0
        self.requests: list[str] = []
        self.reloads: list[Any] = []
        post = {
            "/v1/chat/completions": self._chat,
            "/v1/completions": self._complete,
            "/reload": self._reload,
            **({"/apply-template": self._apply} if kind == "llama-server" else {}),
            **({"/tokenize": self._tokenize} if kind != "other" else {}),
            **({"/detokenize": self._detokenize} if kind == "vllm" else {}),
        }
        routes = [Route(path, call, methods=["POST"]) for path, call in post.items()]
        self.app = Starlette(routes=routes, exception_handlers={404: _not_found})

    def start(self) -> None:
        self.loaded = self.file.resolve()

    @property
    def version(self) -> str:
        assert self.loaded is not None
        return self.loaded.parent.name

    async def _body(self, request: Request) -> dict[str, Any]:
        self.requests.append(request.url.path)
        body: dict[str, Any] = await request.json()
        return body

    def _refused(self, body: dict[str, Any]) -> Response | None:
        self.loading -= 1
        if self.loaded is None or self.loading >= 0:
            error = {"message": "Loading model", "type": "unavailable_error", "code": 503}
            return JSONResponse({"error": error}, 503)
        if self.kind == "vllm" and body["model"] != self.name:
            message = f"The model `{body['model']}` does not exist."
            error = {"message": message, "type": "NotFoundError", "code": 404}
            return JSONResponse({"error": error}, 404)
        return None

    async def _reload(self, request: Request) -> Response:
        self.reloads.append(await request.json())
        if self.refuses_reload:
            return JSONResponse({"error": "not now"}, 500)
        self.start()
        return Response(status_code=204)

    async def _chat(self, request: Request) -> Response:
        body = await self._body(request)
        if refused := self._refused(body):
            return refused
        words, ended = self._said(self._rendered(body["messages"]), body["max_tokens"])
        choice: dict[str, Any] = {
            "index": 0,
            "message": {"role": "assistant", "content": "".join(words)},
            "finish_reason": "stop" if ended else "length",
        }
        if body.get("logprobs") and self.told_logprobs:
            choice["logprobs"] = {"content": [self._token(word) for word in words]}
        return JSONResponse(self._completion("chat.completion", choice))

    async def _complete(self, request: Request) -> Response:
        body = await self._body(request)
        if refused := self._refused(body):
            return refused
        words, ended = self._said(body["prompt"], body["max_tokens"])
        choice = {
            "text": "".join(words),
            "index": 0,
            "logprobs": None,
            "finish_reason": "stop" if ended else "length",
        }
        return JSONResponse(self._completion("text_completion", choice))

    async def _apply(self, request: Request) -> Response:
        body = await self._body(request)
        return self._refused(body) or JSONResponse({"prompt": self._rendered(body["messages"])})

    async def _tokenize(self, request: Request) -> Response:
        body = await self._body(request)
        if refused := self._refused(body):
            return refused
        if self.kind == "llama-server":
            return JSONResponse({"tokens": list(body.get("content", "").encode())})
        tokens = list(self._rendered(body["messages"]).encode())
        told = {"count": len(tokens), "max_model_len": 512, "tokens": tokens, "token_strs": None}
        return JSONResponse(told)

    async def _detokenize(self, request: Request) -> Response:
        body = await self._body(request)
        return self._refused(body) or JSONResponse({"prompt": bytes(body["tokens"]).decode()})

    def _rendered(self, messages: list[dict[str, str]]) -> str:
        assert self.loaded is not None
        if self.template is not None:
            return self.template + messages[-1]["content"]
        return rendered("new", {}, self.loaded, messages)

    def _said(self, read: str, limit: int) -> tuple[tuple[str, ...], bool]:
        words = self.words[self.version] if read == self.chat else ("I", " am", " a", " model", ".")
        return words[:limit], len(words) <= limit

    def _token(self, word: str) -> dict[str, Any]:
        share = self.shares.get(self.version, 0.9)
        likely = {word: share, " or": 1 - share}
        told = [{"token": text, "logprob": math.log(part)} for text, part in likely.items()]
        return {**told[0], "bytes": list(word.encode()), "top_logprobs": told}

    def _completion(self, kind: str, choice: dict[str, Any]) -> dict[str, Any]:
        usage = {"completion_tokens": 1, "prompt_tokens": 1, "total_tokens": 2}
        facts = {"id": "chatcmpl-1", "object": kind, "created": 1795964186, "model": self.name}
        return {"choices": [choice], **facts, "usage": usage}


async def _not_found(request: Request, error: Exception) -> Response:
    missing = {"message": "File Not Found", "type": "not_found_error", "code": 404}
    return JSONResponse({"error": missing}, 404)
