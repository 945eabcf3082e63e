"""Reads the fixed regression set: a JSON array of `RegressionQuestion`s."""

import hashlib
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from ratchet_text import active_assistant
from trainer.domain.evaluation.cases import RegressionQuestion

PACKAGED = Path(__file__).parents[1] / "regression.json"
"""The packaged set, drawn by `services/trainer/regression/draw.py`."""

_QUESTIONS = TypeAdapter(tuple[RegressionQuestion, ...])


class RegressionSetUnreadable(ValueError):
    """The file is not a regression set, or has no questions."""


def read_regression(path: Path) -> tuple[tuple[RegressionQuestion, ...], str]:
    """The questions, asked of the site's assistant, and the sha256 of the file.

    Raises `RegressionSetUnreadable` and `OSError`.
    """
    content = path.read_bytes()
    try:
        questions = _QUESTIONS.validate_json(content)
    except ValidationError as error:
        raise RegressionSetUnreadable(f"{path} is not a regression set: {error}") from error
    if not questions:
        raise RegressionSetUnreadable(f"{path} has no questions")
    retold = active_assistant().retold
    asked = (one.model_copy(update={"prompt": retold(one.prompt)}) for one in questions)
    return tuple(asked), hashlib.sha256(content).hexdigest()
