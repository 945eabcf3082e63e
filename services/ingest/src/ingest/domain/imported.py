"""What the items that come from elsewhere have in common: a prompt, a time, and forgiving keys."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from ingest.domain.asked_question import asked_text
from ingest.domain.identity import Moment
from ratchet.measures import normalised


class Imported(BaseModel):
    """A null counts as a missing key; `timestamp` is when it came about, else when received."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False, populate_by_name=True)

    prompt: str = Field(max_length=50_000)
    timestamp: Moment | None = None

    @model_validator(mode="before")
    @classmethod
    def _a_null_is_a_missing_key(cls, told: Any) -> Any:
        return {k: v for k, v in told.items() if v is not None} if isinstance(told, dict) else told

    @field_validator("prompt")
    @classmethod
    def _asks_something(cls, prompt: str) -> str:
        if not normalised(asked_text(prompt)):
            raise ValueError("must ask something; there are no words in its question")
        return prompt
