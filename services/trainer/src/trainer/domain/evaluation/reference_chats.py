"""The chats whose recorded answers the parity gate of an export compares with."""

from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from ratchet.contract import Aspect, ChatMessage, Value
from trainer.domain.evaluation.cases import Case, Part
from trainer.domain.runs.child_messages import TrainingResult, TrainRequest
from trainer.domain.runs.recipe import Device

_PROMPTS: dict[Aspect, int] = {"voice": 8, "widget": 2}
"""The number of chats from the held-out cases, and again from the fixed ones."""


class ReferenceRequest(Value):
    """Asks a child process to record reference answers in the file `target`.

    `adapter` is a PEFT directory. `spoken` and `plans` are the messages that request a spoken
    answer and a widget plan. `chat_template` is the one the adapter was trained with (None: the
    base's own).
    """

    base_model: str
    cache_dir: Path
    adapter: Path
    device: Device
    spoken: tuple[tuple[ChatMessage, ...], ...]
    plans: tuple[tuple[ChatMessage, ...], ...]
    target: Path
    chat_template: str | None = None


def reference_request(request: TrainRequest, trained: TrainingResult) -> ReferenceRequest:
    """The request that records the answers of the adapter that `request` has trained."""
    return ReferenceRequest(
        base_model=request.base_model,
        cache_dir=request.cache_dir,
        adapter=trained.adapter,
        device=request.recipe.device,
        spoken=reference_prompts(trained.cases, "voice"),
        plans=reference_prompts(trained.cases, "widget"),
        target=request.work_dir / "references.safetensors",
        chat_template=trained.chat_template,
    )


def reference_prompts(cases: Sequence[Case], aspect: Aspect) -> tuple[tuple[ChatMessage, ...], ...]:
    """Prompts that both models answered, some of each part, each once."""
    prompts: list[tuple[ChatMessage, ...]] = []
    for part in get_args(Part):
        answered = [c.turns for c in cases if c.asks and (c.part, c.aspect) == (part, aspect)]
        prompts.extend(answered[: _PROMPTS[aspect]])
    return tuple(dict.fromkeys(prompts))
