"""Classifies the source of an experience's feedback."""

from collections.abc import Mapping
from typing import Any, Literal

FeedbackSource = Literal["user_direct", "eval_agent", "both", "implicit_only"]


def feedback_source(columns: Mapping[str, Any]) -> FeedbackSource:
    """The source by the columns of an experience; without explicit feedback `implicit_only`."""
    if columns.get("by_user"):
        return "both" if columns.get("by_judge") else "user_direct"
    return "eval_agent" if columns.get("by_judge") else "implicit_only"
