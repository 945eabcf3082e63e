"""What the model is asked, rendered from the situation and never from one of the answers."""

from collections.abc import Sequence

from ratchet.events.base import Aspect
from ratchet.events.example import Reading
from ratchet.measures.plans import SCENARIOS, SIZES

_VOICE = (
    "You are Command Center, the voice assistant of an industrial plant. "
    "Answer in two or three short spoken sentences, using only the readings below."
)
_WIDGET = (
    "You are Command Center, the dashboard of an industrial plant. Choose the widgets that answer "
    "the question. Reply with one JSON object only, such as "
    '{"heading":"Pump 001 power","widgets":[{"scenario":"kpi","size":"hero"}]}.\n'
    f"Scenarios: {', '.join(sorted(SCENARIOS))}\n"
    f"Sizes: {', '.join(SIZES)}"
)


def voice_prompt(transcript: str, readings: Sequence[Reading]) -> str:
    """The user turn that asks for a spoken answer."""
    return _prompt(_VOICE, transcript, readings)


def widget_prompt(transcript: str) -> str:
    """The user turn that asks for a widget plan: which widgets fit does not hang on the values."""
    return _prompt(_WIDGET, transcript, ())


def prompt_for(aspect: Aspect, transcript: str, readings: Sequence[Reading]) -> str:
    return voice_prompt(transcript, readings) if aspect == "voice" else widget_prompt(transcript)


def _prompt(task: str, transcript: str, readings: Sequence[Reading]) -> str:
    lines = [f"- {r.equipment} {r.metric}: {r.value:.10g} {r.unit}" for r in readings]
    given = ["Readings:", *lines] if lines else []
    return "\n".join([task, *given, f"User question: {transcript}", "Response:"])
