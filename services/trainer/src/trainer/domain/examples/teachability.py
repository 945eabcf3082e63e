"""Refuses examples that a model must not learn from."""

from typing import Literal

from ratchet.contract import BuiltExample, PairBuilt, TraceCaptured
from ratchet_text import split_thinking, unteachable, visible_text, was_cut_off

Unteachable = Literal["cut_off", "too_short", "thinking", "blank", "control_token", "equal_answers"]


def why_unteachable(example: BuiltExample | TraceCaptured) -> Unteachable | None:
    """The reason why a model must not learn from `example`, if there is one.

    Reward and ingest apply the same rules. An example of an earlier release, or of another
    producer, may break them.
    """
    if isinstance(example, TraceCaptured):
        if was_cut_off(example.stop_reason):
            return "cut_off"
        if not example.is_demonstration:
            return "too_short"
    for answer in example.answers:
        if split_thinking(answer)[0]:
            return "thinking"
        if reason := unteachable(answer):
            return reason
    shown = set(map(visible_text, example.answers))
    return "equal_answers" if isinstance(example, PairBuilt) and len(shown) == 1 else None
