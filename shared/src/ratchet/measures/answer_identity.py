"""Identifies an answer by its words, in a model's completion and in what was recorded of it."""

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from ratchet.contract import derived_id
from ratchet.measures.plans import plan_text
from ratchet_text import normalized, split_thinking


class AnswerIdentity(NamedTuple):
    """The identities of a text and of the widget plan in it; each is empty if there is none."""

    spoken: str = ""
    plan: str = ""


def spoken_identity(text: str) -> str:
    """Equal for texts with the same words in the same order; empty without words."""
    words = normalized(split_thinking(text)[1])
    return derived_id("spoken", words) if words else ""


def plan_identity(heading: str, widgets: Iterable[tuple[str, str]]) -> str:
    """Equal for plans of the same heading and the same (scenario, size) pairs; empty without."""
    placed = tuple(widgets)
    return derived_id("plan", plan_text(heading, placed)) if placed else ""


def identity_of(completion: str) -> AnswerIdentity:
    """The identities of a model's whole answer, whose plan may stand between other text."""
    return AnswerIdentity(spoken_identity(completion), _plan_in(completion))


def _plan_in(text: str) -> str:
    start, end = text.find("{"), text.rfind("}")
    try:
        return _identity(json.loads(text[start : end + 1])) if start >= 0 else ""
    except (ValueError, RecursionError):
        return ""


def _identity(plan: Any) -> str:
    widgets = plan.get("widgets") if isinstance(plan, dict) else None
    if not isinstance(widgets, list):
        return ""
    placed = [
        (str(one.get("scenario")), str(one.get("size", "normal")))
        for one in widgets
        if isinstance(one, dict)
    ]
    return plan_identity(str(plan.get("heading") or ""), placed)
