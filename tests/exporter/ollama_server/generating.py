"""`/api/generate` and `/api/chat` of the stand-in: the tag's own template, then llama.cpp."""

import asyncio
from collections.abc import Iterator
from typing import Any, Protocol

import gotpl
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from .answering import Answer, Answering, Told
from .blobs import Blobs
from .lines import line, refused

Json = dict[str, Any]
_MOST_TOP = 20


class Server(Protocol):
    tags: dict[str, Json]
    blobs: Blobs
    old: bool


class Generating:
    def __init__(self, server: Server) -> None:
        self._server = server
        self._answering = Answering()
        self._one_at_a_time = asyncio.Lock()

    async def generate(self, request: Request) -> Response:
        body = await request.json()
        asked = [{"role": "user", "content": body.get("prompt", "")}]
        if system := body.get("system"):
            asked = [{"role": "system", "content": system}, *asked]
        return await self._respond(body, asked, lambda text: {"response": text})

    async def chat(self, request: Request) -> Response:
        body = await request.json()

        def message(text: str) -> Json:
            return {"message": {"role": "assistant", "content": text}}

        return await self._respond(body, body["messages"], message)

    async def _respond(self, body: Json, messages: list[Json], as_part: Any) -> Response:
        tag = self._server.tags.get(body["model"])
        if tag is None:
            return refused(404, f"model '{body['model']}' not found")
        if not 0 <= body.get("top_logprobs", 0) <= _MOST_TOP:
            return refused(400, "top_logprobs must be between 0 and 20")
        chat = _rendered(tag, messages)
        if body.get("_debug_render_only") and not self._server.old:
            debug = {"rendered_template": chat}
            return JSONResponse({"model": body["model"], **as_part(""), "_debug_info": debug})
        options = {**tag.get("parameters", {}), **body.get("options", {})}
        tells = body.get("logprobs") and not self._server.old
        try:
            async with self._one_at_a_time:
                answer = await asyncio.to_thread(self._answer, tag, chat, options)
        except RuntimeError as error:
            return refused(500, f"unable to load model: {error}")
        lines = [
            {"model": body["model"], "done": False, **as_part(token.text), **_told([token], tells)}
            for token in answer.tokens
        ]
        end = {"model": body["model"], "done": True, "done_reason": _reason(answer)}
        if body.get("stream", True):
            parts = [line(**part) for part in (*lines, {**end, **as_part("")})]
            return StreamingResponse(iter(parts), media_type="application/x-ndjson")
        return JSONResponse({**end, **as_part(answer.text), **_told(answer.tokens, tells)})

    def _answer(self, tag: Json, chat: str, options: Json) -> Answer:
        [digest] = tag["files"].values()
        path = self._server.blobs.path(digest)
        stop = options.get("stop", [])
        return self._answering.answer(path, chat, options["num_predict"], stop, _MOST_TOP)


def _rendered(tag: Json, messages: list[Json]) -> str:
    told = [] if messages[0]["role"] == "system" or not tag.get("system") else [tag["system"]]
    chat = [*({"role": "system", "content": text} for text in told), *messages]
    values = [{"Role": message["role"], "Content": message["content"]} for message in chat]
    return str(gotpl.render(tag["template"], {"Messages": values}))


def _told(tokens: Any, tells: bool) -> Json:
    return {"logprobs": list(_logprobs(tokens))} if tells else {}


def _logprobs(tokens: Any) -> Iterator[Json]:
    token: Told
    for token in tokens:
        top = [{"token": text, "logprob": logprob} for text, logprob in token.top]
        yield {"token": token.text, "logprob": token.logprob, "top_logprobs": top}


def _reason(answer: Answer) -> str:
    return "stop" if answer.ended else "length"
