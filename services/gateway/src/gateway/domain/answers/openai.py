"""Answers of OpenAI's chat completions and completions: the first of their choices."""

from collections.abc import Mapping
from typing import Any

from gateway.domain.answers.answer import AnswerParts
from gateway.domain.json_values import count_in, object_in, objects_in, text_in

_THINKING = ("reasoning_content", "reasoning", "thinking")


class OpenAIAnswer:
    """A stream ends with a finish reason and `[DONE]`, a whole answer with a finish reason."""

    def __init__(self, is_stream: bool) -> None:
        self.parts = AnswerParts()
        self._done = not is_stream
        self._failed = False
        self._calls: dict[int, dict[str, Any]] = {}

    def done(self) -> None:
        """`[DONE]` came."""
        self._done = True
        self._settle()

    def add(self, chunk: Mapping[str, Any]) -> None:
        self._failed |= bool(chunk.get("error"))
        self.parts.answer_id = text_in(chunk, "id") or self.parts.answer_id
        for choice in objects_in(chunk, "choices"):
            if choice.get("index", 0) == 0:
                self._add_choice(choice)
        if usage := object_in(chunk, "usage"):
            self.parts.prompt_tokens = count_in(usage, "prompt_tokens")
            self.parts.completion_tokens = count_in(usage, "completion_tokens")
        self._settle()

    def _settle(self) -> None:
        parts = self.parts
        parts.ended = self._done and bool(parts.finish_reason) and not self._failed

    def _add_choice(self, choice: Mapping[str, Any]) -> None:
        parts = self.parts
        message = object_in(choice, "delta") or object_in(choice, "message")
        parts.text += (text_in(message, "content"), text_in(choice, "text"))
        parts.thinking.append(next(filter(None, (text_in(message, f) for f in _THINKING)), ""))
        parts.finish_reason = text_in(choice, "finish_reason") or parts.finish_reason
        for position, part in enumerate(objects_in(message, "tool_calls")):
            number = count_in(part, "index")
            self._add_call(position if number is None else number, part)

    def _add_call(self, number: int, part: Mapping[str, Any]) -> None:
        """In a stream the name and arguments of a call come in pieces."""
        function = object_in(part, "function")
        if number not in self._calls:
            self._calls[number] = {"id": "", "type": "function", "function": {"name": ""}}
            self.parts.tool_calls.append(self._calls[number])
        call = self._calls[number]
        call["id"] = text_in(part, "id") or call["id"]
        named = call["function"]
        named["name"] = text_in(function, "name") or named["name"]
        if "arguments" in function:
            named["arguments"] = named.get("arguments", "") + text_in(function, "arguments")
