"""`/api/generate` and `/api/chat`: render the chat as the manner does, then answer."""

import asyncio
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from ratchet.storage import sha256_of
from ratchet_testing.ollama_server.blobs import Blobs
from ratchet_testing.ollama_server.llama_answers import AnswerToken, LlamaAnswer, LlamaAnswers
from ratchet_testing.ollama_server.rendering import Manner, rendered
from ratchet_testing.ollama_server.responses import error_response, stream_line

Json = dict[str, Any]
_MAX_TOP = 20
_ANSWERS: dict[tuple[str, str, int, tuple[str, ...]], LlamaAnswer] = {}
"""What llama.cpp said, by the file's content: the servers of many tests serve the same one."""


class ServerState(Protocol):
    tags: dict[str, Json]
    blobs: Blobs
    manner: Manner
    reports_renderings: bool


class GenerateApi:
    def __init__(self, server: ServerState) -> None:
        self._server = server
        self._llama = LlamaAnswers()
        self._lock = asyncio.Lock()

    async def generate(self, request: Request) -> Response:
        body = await request.json()
        prompt = body.get("prompt")
        messages = [{"role": "user", "content": prompt}] if prompt else []
        if system := body.get("system"):
            messages = [{"role": "system", "content": system}, *messages]
        return await self._respond(body, messages, lambda text: {"response": text})

    async def chat(self, request: Request) -> Response:
        body = await request.json()

        def message(text: str) -> Json:
            return {"message": {"role": "assistant", "content": text}}

        return await self._respond(body, body.get("messages", []), message)

    async def _respond(self, body: Json, messages: list[Json], as_part: Any) -> Response:
        if "model" not in body:
            return error_response(400, "model is required")
        tag = self._server.tags.get(body["model"])
        if tag is None:
            return error_response(404, f"model '{body['model']}' not found")
        if not 0 <= body.get("top_logprobs", 0) <= _MAX_TOP:
            return error_response(400, "top_logprobs must be between 0 and 20")
        if not messages:
            end = {"done": True, "done_reason": "load"}
            return JSONResponse({"model": body["model"], **as_part(""), **end})
        try:
            chat = rendered(self._server.manner, tag, self._file(tag), messages)
        except ValueError as error:
            return error_response(500, str(error))
        if body.get("_debug_render_only") and self._server.reports_renderings:
            debug = {"done": False, "_debug_info": {"rendered_template": chat}}
            return JSONResponse({"model": body["model"], **as_part(""), **debug})
        options = {**tag.get("parameters", {}), **body.get("options", {})}
        logprobs = bool(body.get("logprobs")) and self._server.manner == "new"
        try:
            async with self._lock:
                answer = await asyncio.to_thread(self._answer, tag, chat, options)
        except RuntimeError as error:
            return error_response(500, f"unable to load model: {error}")
        lines = [
            {
                "model": body["model"],
                "done": False,
                **as_part(token.text),
                **_logprobs([token], logprobs),
            }
            for token in answer.tokens
        ]
        end = {"model": body["model"], "done": True, "done_reason": _reason(answer)}
        if body.get("stream", True):
            parts = [stream_line(**part) for part in (*lines, {**end, **as_part("")})]
            return StreamingResponse(iter(parts), media_type="application/x-ndjson")
        return JSONResponse({**end, **as_part(answer.text), **_logprobs(answer.tokens, logprobs)})

    def _answer(self, tag: Json, chat: str, options: Json) -> LlamaAnswer:
        file, limit, stop = self._file(tag), options["num_predict"], options.get("stop", [])
        state = file.stat()
        asked = (_sha256(file, state.st_size, state.st_mtime_ns), chat, limit, tuple(stop))
        if asked not in _ANSWERS:
            _ANSWERS[asked] = self._llama.answer(file, chat, limit, stop, _MAX_TOP)
        return _ANSWERS[asked]

    def _file(self, tag: Json) -> Path:
        [digest] = tag["files"].values()
        return self._server.blobs.path(digest)


@cache
def _sha256(file: Path, size: int, modified_ns: int) -> str:
    """The file's sha256, computed again after it has changed."""
    return sha256_of(file)


def _logprobs(tokens: Iterable[AnswerToken], included: bool) -> Json:
    return {"logprobs": list(_logprob_entries(tokens))} if included else {}


def _logprob_entries(tokens: Iterable[AnswerToken]) -> Iterator[Json]:
    for token in tokens:
        top = [{"token": text, "logprob": logprob} for text, logprob in token.top]
        yield {"token": token.text, "logprob": token.logprob, "top_logprobs": top}


def _reason(answer: LlamaAnswer) -> str:
    return "stop" if answer.ended else "length"
