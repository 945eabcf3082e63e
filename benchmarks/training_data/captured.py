"""The prompt of an application that writes its own prompts and calls the model through a gateway.

It has the shape of a voice assistant beside a dashboard: a system message, the dashboard, rules,
one row for each device, and the question near the end.
"""

from collections.abc import Iterable, Sequence

from ratchet.contract import ChatMessage, Reading
from simulator import Turn

_SYSTEM = (
    "You speak for the control room of a plant. Answer the operator in one or two spoken "
    "sentences, from the plant data alone."
)
_PROMPT = """The operator sees the dashboard "{heading}". Its widgets: {widgets}.

How to answer:
1. Begin with what the operator asks for: equipment, value and unit.
2. Use short sentences without lists or markup. They are read aloud.
3. Where the plant data lack a value, say that it is missing.

Plant data:
{rows}

The operator asks: {question}

Spoken answer:"""


def captured_messages(turn: Turn, readings: Sequence[Reading]) -> tuple[ChatMessage, ...]:
    """The messages that the application would send for the question of a turn."""
    plan = turn.experience["widget_plan"]
    shown = [f"{widget['scenario']} ({widget['why']})" for widget in plan["widgets"]]
    prompt = _PROMPT.format(
        heading=plan["heading"],
        widgets=", ".join(shown),
        rows="\n".join(_rows(readings)),
        question=turn.experience["transcript"],
    )
    return (
        ChatMessage(role="system", content=_SYSTEM),
        ChatMessage(role="user", content=prompt),
    )


def _rows(readings: Sequence[Reading]) -> Iterable[str]:
    """The readings of one device in one row, in the order of the readings."""
    for device in dict.fromkeys(reading.equipment for reading in readings):
        own = [one for one in readings if one.equipment == device]
        cells = (f"{one.metric}: {one.value:.10g} {one.unit}" for one in own)
        yield " | ".join((f"- {device}", "status: running", *cells))
