"""Renders the model's prompts, from the situation alone and never from one of the answers."""

from collections.abc import Sequence
from typing import Protocol

from ratchet.contract import Aspect
from ratchet.measures.plans import SCENARIOS, SIZES

READINGS = "Readings:"
QUESTION = "User question:"
RESPONSE = "Response:"

_VOICE = (
    "You are Command Center, the voice assistant of an industrial plant. "
    "Answer in two or three short spoken sentences"
)
_FROM_READINGS = f"{_VOICE}, using only the readings below."
_FROM_NOTHING = f"{_VOICE}."
"""Without readings the prompt does not mention them, so that such examples do not teach the model
to ignore readings."""
_WIDGET = (
    "You are Command Center, the dashboard of an industrial plant. Choose the widgets that answer "
    "the question. Reply with one JSON object only, such as "
    '{"heading":"Pump 001 power","widgets":[{"scenario":"kpi","size":"hero"}]}.\n'
    f"Scenarios: {', '.join(sorted(SCENARIOS))}\n"
    f"Sizes: {', '.join(SIZES)}"
)


class Measured(Protocol):
    """A reading, of any type."""

    @property
    def equipment(self) -> str: ...
    @property
    def metric(self) -> str: ...
    @property
    def value(self) -> float: ...
    @property
    def unit(self) -> str: ...


def voice_prompt(transcript: str, readings: Sequence[Measured]) -> str:
    """The user turn that requests a spoken answer."""
    return _prompt(_FROM_READINGS if readings else _FROM_NOTHING, transcript, readings)


def widget_prompt(transcript: str) -> str:
    """The user turn that requests a widget plan, which does not depend on the values."""
    return _prompt(_WIDGET, transcript, ())


def prompt_for(aspect: Aspect, transcript: str, readings: Sequence[Measured]) -> str:
    return voice_prompt(transcript, readings) if aspect == "voice" else widget_prompt(transcript)


def _prompt(task: str, transcript: str, readings: Sequence[Measured]) -> str:
    lines = [f"- {r.equipment} {r.metric}: {r.value:.10g} {r.unit}" for r in readings]
    rows = [READINGS, *lines] if lines else []
    return "\n".join([task, *rows, f"{QUESTION} {transcript}", RESPONSE])
