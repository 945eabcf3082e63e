"""The situation of a chat that was sent to a model: its readings, and what its user asks."""

from collections.abc import Sequence

from ratchet.contract import ChatMessage
from ratchet.measures.prompts import question_text
from ratchet_truth import JudgedSituation, RequestedReading, asked_in, readings_in

_LONGEST_PROMPT = 200_000


def situation_of_chat(messages: Sequence[ChatMessage]) -> JudgedSituation | None:
    """The readings of a prompt and what its last question asks about; None without readings.

    Answers are no source of readings. A reading of a later message replaces the same one of an
    earlier message.
    """
    if sum(len(message.content) for message in messages) > _LONGEST_PROMPT:
        return None
    readings: list[RequestedReading] = []
    for message in reversed(messages):
        if message.role != "assistant":
            known = {(row.equipment, row.metric) for row in readings}
            found = readings_in(message.content)
            readings[:0] = [row for row in found if (row.equipment, row.metric) not in known]
    if not readings:
        return None
    question = _question(messages)
    return JudgedSituation(tuple(readings), asked_in(question, readings), question)


def _question(messages: Sequence[ChatMessage]) -> str:
    """The question of the last message of the user, without the readings around it."""
    asked = (message.content for message in reversed(messages) if message.role == "user")
    text = question_text(next(asked, ""))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) < 2:
        return text
    prose = [line for line in lines if not readings_in(line)]
    return next((line for line in reversed(prose) if line.endswith(("?", "？"))), text)
