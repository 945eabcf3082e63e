"""What the right answer would have been, in an operator's words."""

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, field_validator

from ratchet.contract import Feedback


class Correction(BaseModel):
    model_config = ConfigDict(frozen=True, populate_by_name=True)

    query_id: str = Field(min_length=1, max_length=128)
    correction_text: str = Field(
        max_length=500, validation_alias=AliasChoices("correction_text", "correction")
    )
    user_id: str = Field(default="", max_length=256)

    @field_validator("correction_text")
    @classmethod
    def _says_something(cls, text: str) -> str:
        if not text.strip():
            raise ValueError("must say what was meant; it is empty")
        return text


def said(correction: Correction) -> Feedback:
    """A reaction that leaves everything but the correction unsaid."""
    return Feedback(
        query_id=correction.query_id,
        user_id=correction.user_id,
        correction=correction.correction_text,
    )
