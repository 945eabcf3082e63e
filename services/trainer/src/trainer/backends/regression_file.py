"""The file with the fixed regression set: a JSON array of `RegressionQuestion`s."""

import hashlib
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from trainer.domain.evaluation.cases import RegressionQuestion

PACKAGED = Path(__file__).parents[1] / "regression.json"
"""The set that comes with the trainer, drawn by `services/trainer/regression/draw.py`."""

_QUESTIONS = TypeAdapter(tuple[RegressionQuestion, ...])


class RegressionUnreadable(ValueError):
    """The file is not a regression set, or one without questions."""


def read_regression(path: Path) -> tuple[tuple[RegressionQuestion, ...], str]:
    """The questions, and the sha256 of the file. Raises `RegressionUnreadable`, `OSError`."""
    content = path.read_bytes()
    try:
        questions = _QUESTIONS.validate_json(content)
    except ValidationError as error:
        message = f"{path} is no regression set: {error}"
        raise RegressionUnreadable(message) from error
    if not questions:
        message = f"{path} asks no questions"
        raise RegressionUnreadable(message)
    return questions, hashlib.sha256(content).hexdigest()
