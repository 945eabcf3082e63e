"""Judges the text of an answer against the readings in its prompt, as the gate does."""

from collections.abc import Sequence
from dataclasses import dataclass

from ratchet.contract import CallCheck, ChatMessage, CheckOutcome
from ratchet.measures import situation_of_chat
from ratchet_text import split_thinking
from ratchet_truth import JudgedSituation, Judgment, judge, true_answer

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
    found = judged(text, situation_of_chat(messages))
    return CallCheck(outcome=found.outcome, faults=found.faults)


def judged(text: str, situation: JudgedSituation | None) -> JudgedText:
    """The judgment of `text`; undecided without readings, and for what is no prose."""
    answer = split_thinking(text)[1].strip()
    if situation is None or not answer or len(answer) > _LONGEST_ANSWER:
        return UNDECIDED
    if answer.startswith(_JSON):
        return UNDECIDED
    judgment = judge(answer, situation)
    return JudgedText(_outcome(judgment), _faults(judgment), true_answer(situation))


def _outcome(judgment: Judgment) -> CheckOutcome:
    if judgment.is_true:
        return "true"
    return "untrue" if judgment.is_untrue else "undecided"


def _faults(judgment: Judgment) -> tuple[str, ...]:
    return tuple(
        f"{fault.verdict}: {'; '.join(filter(None, (fault.said, fault.reading)))}".rstrip(": ")
        for fault in judgment.faults
    )
