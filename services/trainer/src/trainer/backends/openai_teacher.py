"""A teacher behind an OpenAI-compatible `/chat/completions`."""

import asyncio
from typing import Any

import httpx
from pydantic import BaseModel, Field, ValidationError

from ratchet_text import masked, split_thinking
from trainer.domain.examples.teacher_answer import TeacherAnswer

_CALL = "/chat/completions"
_MAX_BYTES = 4 * 1024 * 1024
_BUSY = (408, 425, 429)


class TeacherUnavailable(RuntimeError):
    """The teacher is unreachable, busy or broken; a later request may succeed."""


class TeacherRefused(RuntimeError):
    """The teacher refused the request, or its answer is no chat completion; no retry helps."""


class _TeacherMessage(BaseModel):
    content: str | list[dict[str, Any]] | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None

    @property
    def text(self) -> str:
        if isinstance(self.content, list):
            return "".join(str(part.get("text") or "") for part in self.content)
        return self.content or ""


class _TeacherChoice(BaseModel):
    message: _TeacherMessage
    finish_reason: str | None = None


class _TeacherUsage(BaseModel):
    prompt_tokens: int = Field(default=0, ge=0)
    completion_tokens: int = Field(default=0, ge=0)


class _TeacherCompletion(BaseModel):
    choices: list[_TeacherChoice] = Field(min_length=1)
    usage: _TeacherUsage | None = None


class OpenAITeacher:
    """A teacher at `url`, with or without the path `/chat/completions`.

    Redirects are not followed, so that the key is sent to that address only.
    """

    def __init__(self, url: str, model: str, key: str, timeout_s: float) -> None:
        self.name = model
        self._url = url.rstrip("/").removesuffix(_CALL) + _CALL
        self._key = key
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._timeout_s = timeout_s

    async def answer(self, prompt: str) -> TeacherAnswer:
        """Answer one prompt. Raises `TeacherUnavailable` and `TeacherRefused`."""
        body = {"model": self.name, "messages": [{"role": "user", "content": prompt}]}
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                httpx.AsyncClient(timeout=self._timeout_s, follow_redirects=False) as client,
                client.stream("POST", self._url, json=body, headers=self._headers) as response,
            ):
                content = await self._read(response)
        except TimeoutError as error:
            raise TeacherUnavailable(
                f"the teacher did not answer within {self._timeout_s:.0f} s"
            ) from error
        except (httpx.TransportError, httpx.DecodingError) as error:
            reason = f"the teacher is not reachable: {type(error).__name__} {error}"
            raise TeacherUnavailable(reason) from error
        return _answer_of(content)

    async def _read(self, response: httpx.Response) -> bytes:
        """The body of a successful response; raises `TeacherUnavailable` or `TeacherRefused`."""
        status, content = response.status_code, bytearray()
        async for chunk in response.aiter_bytes():
            content += chunk
            if len(content) > _MAX_BYTES:
                raise TeacherRefused(f"the teacher sent more than {_MAX_BYTES} bytes")
        if response.is_success:
            return bytes(content)
        if response.is_redirect:
            where = masked(response.headers.get("location", "elsewhere"))
            raise TeacherRefused(
                f"the teacher redirects to {where}: set RATCHET_TRAINER_TEACHER_URL to its address"
            )
        text = content.decode(errors="replace")
        message = f"the teacher answered {status}: {self._without_key(text)[:200]}"
        raise (TeacherUnavailable if status in _BUSY or status >= 500 else TeacherRefused)(message)

    def _without_key(self, text: str) -> str:
        return text.replace(self._key, "***") if self._key else text


def _answer_of(content: bytes) -> TeacherAnswer:
    try:
        completion = _TeacherCompletion.model_validate_json(content)
    except ValidationError as error:
        [first, *_] = error.errors(include_url=False, include_input=False)
        field = ".".join(map(str, first["loc"])) or "body"
        raise TeacherRefused(f"no chat completion: {field}: {first['msg']}") from error
    choice, usage = completion.choices[0], completion.usage or _TeacherUsage()
    thinking, answer = split_thinking(choice.message.text)
    return TeacherAnswer(
        thinking=choice.message.reasoning_content or choice.message.reasoning or thinking,
        answer=answer.strip(),
        stop_reason=choice.finish_reason or "",
        input_tokens=usage.prompt_tokens,
        output_tokens=usage.completion_tokens,
    )
