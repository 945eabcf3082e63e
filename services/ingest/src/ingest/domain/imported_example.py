"""The fields and rules that imported traces and pairs share."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from ratchet.contract import Moment
from ratchet.measures import question_text
from ratchet_text import control_token, is_blank, normalized


class ImportedExample(BaseModel):
    """A null counts as a missing key; `timestamp` defaults to the time of receipt."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False, populate_by_name=True)

    prompt: str = Field(max_length=50_000)
    timestamp: Moment | None = None

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, row: Any) -> Any:
        return {k: v for k, v in row.items() if v is not None} if isinstance(row, dict) else row

    @field_validator("prompt")
    @classmethod
    def _has_a_question(cls, prompt: str) -> str:
        if not normalized(question_text(prompt)):
            raise ValueError("has no words in its question; send the prompt with its question")
        return prompt


def teachable(answer: str) -> str:
    """`answer`, if a model may learn it; raises `ValueError` otherwise."""
    if is_blank(answer):
        raise ValueError("has no words, apart from thinking; send the answer itself")
    if token := control_token(answer):
        raise ValueError(f"contains the control token {token}; send the answer without it")
    return answer
