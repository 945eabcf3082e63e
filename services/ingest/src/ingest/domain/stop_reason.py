"""Finds a model's stop reason in a trace, in the format of any provider."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ratchet_text import was_cut_off

_NAMES = ("stopreason", "finishreason", "donereason", "stoptype", "incompletereason")
_DEPTH = 6


def stop_reason_in(row: Mapping[str, Any]) -> str:
    """The reason in `row` that means a cut-off answer, else the first one; empty without one.

    OpenAI, Ollama, Anthropic, Gemini, Cohere and llama.cpp name it differently and nest it.
    """
    reasons = list(_reasons(row, _DEPTH))
    return next(filter(was_cut_off, reasons), next(iter(reasons), ""))


def _reasons(value: Any, depth: int) -> Iterator[str]:
    if depth == 0:
        return
    if isinstance(value, list):
        for each in value:
            yield from _reasons(each, depth - 1)
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            key = re.sub(r"[\W_]+", "", str(name)).casefold()
            if isinstance(inner, str):
                if key.endswith(_NAMES) or (key in ("reason", "status") and was_cut_off(inner)):
                    yield inner
            elif inner is True and key in ("truncated", "stoppedlimit"):
                yield "truncated"
            elif inner is False and key == "done" and {"message", "response"} & value.keys():
                yield "incomplete"
            else:
                yield from _reasons(inner, depth - 1)
