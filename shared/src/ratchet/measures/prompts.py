"""Renders the model's prompts, from the situation alone and never from one of the answers.

Finds the question in a prompt. The site file may introduce another assistant.
"""

import re
from collections.abc import Sequence

from ratchet.contract import Aspect
from ratchet.measures.plans import SCENARIOS, SIZES
from ratchet_text import active_assistant
from ratchet_truth import Measured

READINGS = "Readings:"
QUESTION = "User question:"
RESPONSE = "Response:"
_QUESTION = re.compile(rf"^[ \t]*{QUESTION}", re.MULTILINE)

_PLAN = (
    "Reply with one JSON object only, such as "
    '{"heading":"Pump 001 power","widgets":[{"scenario":"kpi","size":"hero"}]}.\n'
    f"Scenarios: {', '.join(sorted(SCENARIOS))}\n"
    f"Sizes: {', '.join(SIZES)}"
)


def voice_prompt(transcript: str, readings: Sequence[Measured]) -> str:
    """The user turn that requests a spoken answer."""
    task = "voice" if readings else "voice_without_readings"
    return _prompt(active_assistant().text(task), transcript, readings)


def widget_prompt(transcript: str) -> str:
    """The user turn that requests a widget plan, which does not depend on the values."""
    return _prompt(f"{active_assistant().text('widgets')} {_PLAN}", transcript, ())


def prompt_for(aspect: Aspect, transcript: str, readings: Sequence[Measured]) -> str:
    return voice_prompt(transcript, readings) if aspect == "voice" else widget_prompt(transcript)


def question_text(prompt: str) -> str:
    """The text after the last "User question:" of a prompt, or all of it."""
    start = 0
    for marker in _QUESTION.finditer(prompt):
        start = marker.end()
    text = prompt[start:].strip()
    return text.removesuffix(RESPONSE).rstrip() if start else text


def _prompt(task: str, transcript: str, readings: Sequence[Measured]) -> str:
    lines = [f"- {r.equipment} {r.metric}: {r.value:.10g} {r.unit}" for r in readings]
    rows = [READINGS, *lines] if lines else []
    return "\n".join([task, *rows, f"{QUESTION} {transcript}", RESPONSE])
