"""Answers of Ollama's `/api/chat` and `/api/generate`."""

from collections.abc import Mapping
from typing import Any

from gateway.domain.answers.answer import AnswerParts
from gateway.domain.json_values import count_in, object_in, objects_in, text_in


class OllamaAnswer:
    """A stream ends with `done: true`, or with an error in its last line."""

    def __init__(self) -> None:
        self.parts = AnswerParts()

    def add(self, line: Mapping[str, Any]) -> None:
        parts = self.parts
        message = object_in(line, "message")
        parts.text += (text_in(message, "content"), text_in(line, "response"))
        parts.thinking += (text_in(message, "thinking"), text_in(line, "thinking"))
        parts.tool_calls += objects_in(message, "tool_calls")
        if line.get("done") is True:
            parts.ended = True
            parts.finish_reason = text_in(line, "done_reason")
            parts.prompt_tokens = count_in(line, "prompt_eval_count")
            parts.completion_tokens = count_in(line, "eval_count")
        if "error" in line:
            parts.ended = False
