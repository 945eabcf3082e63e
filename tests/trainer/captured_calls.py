"""Calls that a gateway recorded, each with a prompt of its own, and their cases."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from ratchet.contract import CallServed, ChatMessage, derived_id
from trainer.domain.evaluation.cases import Case
from trainer.domain.evaluation.scores import ModelScores
from trainer.domain.shadow.captured_prompt import CapturedPrompt, captured_prompt
from trainer.domain.shadow.shadow_answers import ShadowAnswers, shadow_cases

from .case_scores import shows
from .conftest import NOW

SYSTEM = ChatMessage(role="system", content="You are the voice of the Command Center.")


def asked(number: int) -> str:
    """The text that the user of the `number`th call sent."""
    return (
        f"Data:\n- pump {number:03d} power: {number}.5 kW\n- pump {number:03d} speed: 900 rpm\n\n"
        f"What is the power of pump {number:03d}?"
    )


def call(number: int, **changed: Any) -> CallServed:
    """The `number`th call, a minute after the one before."""
    fields: dict[str, Any] = {
        "event_id": derived_id("call", str(number)),
        "occurred_at": NOW + timedelta(minutes=number),
        "call_id": f"call-{number}",
        "interface": "ollama",
        "messages": (SYSTEM, ChatMessage(role="user", content=asked(number))),
        "model": "plant",
        "text": f"The power of pump {number:03d} is {number}.5 kW.",
        "finish_reason": "stop",
    }
    return CallServed.model_validate(fields | changed)


def prompts(count: int) -> list[CapturedPrompt]:
    return [prompt for number in range(count) if (prompt := captured_prompt(call(number)))]


def first(count: int, of: Sequence[Case]) -> Callable[[Case], float]:
    """1 on the first `count` cases, else 0."""
    chosen = {case.case_id for case in of[:count]}
    return lambda case: float(case.case_id in chosen)


def shadow(count: int, before: dict[str, int], after: dict[str, int]) -> ShadowAnswers:
    """The answers to `count` prompts; of how many each measure holds."""
    cases = shadow_cases(prompts(count), lambda _: "en")

    def model(figures: dict[str, int]) -> ModelScores:
        return shows(cases, **{name: first(many, cases) for name, many in figures.items()})

    return ShadowAnswers(cases=cases, before=model(before), after=model(after))
