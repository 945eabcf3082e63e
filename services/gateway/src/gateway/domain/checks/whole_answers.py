"""The texts of a whole answer in each response form, and the request that asks once more."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from gateway.domain.json_values import object_in, objects_in
from gateway.domain.paths import interface_of

_WARM = 0.5
_ABOUT_THE_TEXT = ("context", "logprobs", "reasoning", "reasoning_content", "thinking")
"""Fields of an answer that belong to the text that the model wrote."""


def is_checked_whole(path: str, request: Mapping[str, Any]) -> bool:
    """Whether the answer comes as a whole, in prose: not streamed, and in no format."""
    streamed = request.get("stream", interface_of(path) == "ollama")
    return streamed is False and not request.get("format") and not request.get("response_format")


def texts_of(path: str, answer: Mapping[str, Any]) -> list[str]:
    """The texts of an answer, one for each choice; none for an answer that calls tools."""
    return [str(holder[field]) for holder, field in _places(path, answer)]


def with_texts(path: str, answer: Mapping[str, Any], texts: Sequence[str | None]) -> dict[str, Any]:
    """The answer with other `texts`, where they are not None, and all else as it was."""
    changed = deepcopy(dict(answer))
    for (holder, field), text in zip(_places(path, changed), texts, strict=True):
        if text is not None:
            holder[field] = text
    for holder in (changed, *objects_in(changed, "choices"), *_holders(path, changed)):
        for field in _ABOUT_THE_TEXT:
            holder.pop(field, None)
    return changed


def once_more(path: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """The same request with another seed, and warm enough that the answer can be another."""
    changed = deepcopy(dict(request))
    options = changed
    if interface_of(path) == "ollama":
        options = changed["options"] = dict(object_in(changed, "options"))
    seed, temperature = options.get("seed"), options.get("temperature")
    options["seed"] = (seed if isinstance(seed, int) else 0) + 1
    warm = temperature if isinstance(temperature, int | float) else 0.0
    options["temperature"] = max(warm, _WARM)
    return changed


def _places(path: str, answer: Mapping[str, Any]) -> list[tuple[dict[str, Any], str]]:
    """Where the texts are: an object and the name of its field."""
    field = {"/api/generate": "response", "/v1/completions": "text"}.get(path, "content")
    return [
        (holder, field)
        for holder in _holders(path, answer)
        if isinstance(holder.get(field), str) and not holder.get("tool_calls")
    ]


def _holders(path: str, answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    if interface_of(path) == "ollama":
        holder = answer.get("message") if path == "/api/chat" else answer
        return [holder] if isinstance(holder, dict) else []
    choices = objects_in(answer, "choices")
    if path == "/v1/completions":
        return choices
    return [one["message"] for one in choices if isinstance(one.get("message"), dict)]
