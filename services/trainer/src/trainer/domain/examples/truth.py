"""Whether the answers of a spoken example are true to the readings that its prompt lists."""

from collections.abc import Sequence

from ratchet.contract import LabelBuilt, Question
from ratchet_truth import (
    JudgedSituation,
    Measured,
    Verdict,
    asked_in,
    judge,
    readings_in,
    situation_of,
)
from trainer.domain.examples.training_example import TrainingExample


def situation_of_example(example: TrainingExample) -> JudgedSituation | None:
    """The situation of a spoken example; None for a plan, or if its readings decide nothing."""
    return spoken_situation(example.prompt, example.question) if example.aspect == "voice" else None


def spoken_situation(prompt: str, question: Question) -> JudgedSituation | None:
    """The situation of a prompt that lists readings; None if it lists none, or nothing is asked."""
    readings = readings_in(prompt)
    return _situation(readings, prompt, question) if readings else None


def situation_of_question(prompt: str, question: Question) -> JudgedSituation | None:
    """The situation of any prompt; None if it is not known what is asked, or listed.

    A prompt without readings lists none if it has no number besides those of the question;
    otherwise its form is unknown, and only a recorded reading is known to be asked.
    """
    readings = readings_in(prompt)
    others = prompt.replace(question.text, "")
    if not readings and question.asked is None and any(char.isdigit() for char in others):
        return None
    return _situation(readings, prompt, question)


def _situation(
    readings: Sequence[Measured], prompt: str, question: Question
) -> JudgedSituation | None:
    """What is asked is the recorded reading, unless only others are listed; else what is named."""
    asked = question.asked
    if asked is not None and (not readings or _is_listed(asked, readings, prompt)):
        return situation_of(readings, asked, question.text)
    topics = asked_in(question.text, readings)
    return JudgedSituation(tuple(readings), topics, question.text) if topics else None


def _is_listed(asked: Measured, readings: Sequence[Measured], prompt: str) -> bool:
    """Whether a reading is among those of a prompt, or in a line of it that cannot be parted."""
    names = (asked.equipment, asked.metric)
    written = f"{asked.equipment} {asked.metric}:" in prompt
    return written or any((row.equipment, row.metric) == names for row in readings)


def is_true(answer: str, situation: JudgedSituation | None) -> bool | None:
    """Whether an answer is true; None if the readings do not decide it.

    Where no reading has what was asked, an answer that says nothing of it stays undecided: its
    question may be about something else.
    """
    if situation is None:
        return None
    verdict = judge(answer, situation).verdict
    listed = all(topic.row is not None for topic in situation.requested)
    return None if verdict is Verdict.NOT_STATED and not listed else verdict is Verdict.TRUE


def teaches_an_untruth(example: TrainingExample) -> bool:
    """Whether an example presents an answer as good that its readings contradict."""
    if isinstance(example, LabelBuilt) and not example.desirable:
        return False
    return is_true(example.answers[0], situation_of_example(example)) is False
