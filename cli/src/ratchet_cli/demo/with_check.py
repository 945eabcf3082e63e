"""What the check before speaking would have made of a run's answers."""

from collections.abc import Sequence
from typing import Any

from ratchet.contract import Answer
from ratchet_cli.demo.answers_shown import mark_of, worth


def with_check(answers: Sequence[Answer]) -> dict[str, Any] | None:
    """The true answers of the models alone and with the check; None if none was judged.

    The check replaces an answer that is not true by the sentence that the readings give. An answer
    without such a sentence remains false. `example` is an answer that would not be spoken, None if
    every answer is true.
    """
    judged = [a for a in answers if a.faults_before is not None and a.faults_after is not None]
    if not judged:
        return None
    return {
        "n": len(judged),
        "alone_before": sum(not one.faults_before for one in judged),
        "alone_after": sum(not one.faults_after for one in judged),
        "checked_before": sum(not one.faults_before or bool(one.sentence) for one in judged),
        "checked_after": sum(not one.faults_after or bool(one.sentence) for one in judged),
        "example": _example(judged),
    }


def _example(judged: Sequence[Answer]) -> dict[str, str] | None:
    """The most harmful answer of the new model, or of the old one if the new one has none."""
    for model in ("after", "before"):
        stopped = [
            (getattr(one, f"faults_{model}"), one)
            for one in judged
            if getattr(one, f"faults_{model}") and one.sentence
        ]
        if stopped:
            faults, answer = min(stopped, key=lambda pair: worth(pair[0]))
            return {
                "question": answer.question,
                "model": model,
                "answer": getattr(answer, model),
                "mark": mark_of(faults).word,
                "spoken_instead": answer.sentence,
            }
    return None
