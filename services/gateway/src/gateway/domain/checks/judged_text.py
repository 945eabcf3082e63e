"""Judges the text of an answer against the readings in its prompt, as the gate does."""

from collections.abc import Sequence
from dataclasses import dataclass

from ratchet.contract import CallCheck, ChatMessage, CheckOutcome
from ratchet.measures import question_text
from ratchet_text import split_thinking
from ratchet_truth import (
    JudgedSituation,
    Judgment,
    RequestedReading,
    asked_in,
    judge,
    readings_in,
    true_answer,
)

_LONGEST_PROMPT = 200_000
_LONGEST_ANSWER = 20_000
_JSON = ("{", "[", "```")


@dataclass(frozen=True, slots=True)
class JudgedText:
    """`faults` are short texts: what is wrong, and the reading that holds instead.

    `sentence` is the answer that the readings give; empty if it is not known what was asked.
    """

    outcome: CheckOutcome
    faults: tuple[str, ...] = ()
    sentence: str = ""


UNDECIDED = JudgedText("undecided")


def check_of(text: str, messages: Sequence[ChatMessage]) -> CallCheck:
    """The check of a text that was not held."""
    found = judged(text, situation_of(messages))
    return CallCheck(outcome=found.outcome, faults=found.faults)


def situation_of(messages: Sequence[ChatMessage]) -> JudgedSituation | None:
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


def judged(text: str, situation: JudgedSituation | None) -> JudgedText:
    """The judgment of `text`; undecided without readings, and for what is no prose."""
    answer = split_thinking(text)[1].strip()
    if situation is None or not answer or len(answer) > _LONGEST_ANSWER:
        return UNDECIDED
    if answer.startswith(_JSON):
        return UNDECIDED
    judgment = judge(answer, situation)
    return JudgedText(_outcome(judgment), _faults(judgment), true_answer(situation))


def _question(messages: Sequence[ChatMessage]) -> str:
    """The question of the last message of the user, without the readings around it."""
    asked = (message.content for message in reversed(messages) if message.role == "user")
    text = question_text(next(asked, ""))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) < 2:
        return text
    prose = [line for line in lines if not readings_in(line)]
    return next((line for line in reversed(prose) if line.endswith(("?", "？"))), text)


def _outcome(judgment: Judgment) -> CheckOutcome:
    if judgment.is_true:
        return "true"
    return "untrue" if judgment.is_untrue else "undecided"


def _faults(judgment: Judgment) -> tuple[str, ...]:
    return tuple(
        f"{fault.verdict}: {'; '.join(filter(None, (fault.said, fault.reading)))}".rstrip(": ")
        for fault in judgment.faults
    )
