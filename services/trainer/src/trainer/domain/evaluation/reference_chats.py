"""Which chats tell an export whether it is the trained model, and who is asked to record them."""

from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from ratchet.contract import Aspect, Value
from trainer.domain.evaluation.cases import Case, Part
from trainer.domain.runs.recipe import Device

_PROMPTS: dict[Aspect, int] = {"voice": 8, "widget": 2}
"""Of the held-out cases, and of the fixed ones."""


class ReferenceRequest(Value):
    """`adapter` is a PEFT directory; the references are written to `target`.

    `spoken` and `plans` are user turns that ask for an answer and for a widget plan.
    """

    base_model: str
    cache_dir: Path
    adapter: Path
    device: Device
    spoken: tuple[str, ...]
    plans: tuple[str, ...]
    target: Path


def prompts(cases: Sequence[Case], aspect: Aspect) -> tuple[str, ...]:
    """What was asked of both models, some of each part, each once."""
    found: list[str] = []
    for part in get_args(Part):
        asked = [c.prompt for c in cases if c.asks and (c.part, c.aspect) == (part, aspect)]
        found.extend(asked[: _PROMPTS[aspect]])
    return tuple(dict.fromkeys(found))
