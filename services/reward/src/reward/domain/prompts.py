"""What the model is asked, rendered from the situation and never from one of the answers."""

from collections.abc import Sequence

from ratchet.events.example import Reading

_VOICE = (
    "You are Command Center, the voice assistant of an industrial plant. "
    "Answer in two or three short spoken sentences, using only the readings below."
)
_WIDGET = (
    "You are Command Center, the dashboard of an industrial plant. "
    "Choose the widgets that answer the question, as one JSON object with heading and widgets "
    "(scenario, size)."
)


def voice_prompt(transcript: str, readings: Sequence[Reading]) -> str:
    """The user turn that asks for a spoken answer."""
    return _prompt(_VOICE, transcript, readings)


def widget_prompt(transcript: str, readings: Sequence[Reading]) -> str:
    """The user turn that asks for a widget plan."""
    return _prompt(_WIDGET, transcript, readings)


def _prompt(task: str, transcript: str, readings: Sequence[Reading]) -> str:
    lines = [f"- {r.equipment} {r.metric}: {r.value:.10g} {r.unit}" for r in readings]
    given = ["Readings:", *lines] if lines else []
    return "\n".join([task, *given, f"User question: {transcript}", "Response:"])
