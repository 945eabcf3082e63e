"""Corrections: an operator's description of the right answer."""

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, field_validator

from ratchet.contract import Feedback, QueryId, UserId


class Correction(BaseModel):
    """The correction of the answer to `query_id`."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    query_id: QueryId
    correction_text: str = Field(
        max_length=500, validation_alias=AliasChoices("correction_text", "correction")
    )
    user_id: UserId = ""

    @field_validator("correction_text")
    @classmethod
    def _not_blank(cls, text: str) -> str:
        if not text.strip():
            raise ValueError("is empty; describe the right answer")
        return text


def feedback_of(correction: Correction) -> Feedback:
    """Feedback with the correction and nothing else."""
    return Feedback(
        query_id=correction.query_id,
        user_id=correction.user_id,
        correction=correction.correction_text,
    )
