"""Finds a model's stop reason in a trace, in the format of any provider."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ratchet_text import was_cut_off

_NAMES = (
    "stopreason", "stoppingreason", "finishreason", "finishdetails", "donereason", "stoptype",
    "incompletereason",
)  # fmt: skip
_STATES = frozenset(
    "incomplete failed error timeout aborted canceled cancelled truncated refusal length limit"
    " max_tokens max_output_tokens content_filter".split()
)
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
                if key.endswith(_NAMES) or (
                    key in ("reason", "status") and inner.casefold() in _STATES
                ):
                    yield inner
            elif isinstance(inner, Mapping) and key.endswith(_NAMES):
                yield str(inner.get("type", ""))
            elif inner is True and key in ("truncated", "istruncated", "stoppedlimit"):
                yield "truncated"
            elif inner is False and key == "done" and {"message", "response"} & value.keys():
                yield "incomplete"
            else:
                yield from _reasons(inner, depth - 1)
