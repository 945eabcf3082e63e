"""A pair of answers that was made elsewhere: taken only where it compares what it should."""

from datetime import datetime

from pydantic import AliasChoices, Field, ValidationInfo, field_validator

from ingest.domain.asked_question import asked_text, named_equipment, question_in
from ingest.domain.imported import Imported
from ratchet.contract import Aspect, PairBuilt, derived_id

_CLEAR = 0.1
_LEAST_GAP = 0.3
_ROUNDING = 1e-9
_MOST = 20_000


class Pair(Imported):
    """Two answers to the question of `prompt`, and what each was worth.

    Without an `aspect`, answers that are JSON objects are widget plans, all others spoken.
    """

    chosen: str = Field(min_length=1, max_length=_MOST)
    rejected: str = Field(min_length=1, max_length=_MOST)
    chosen_reward: float = Field(
        gt=_CLEAR, validation_alias=AliasChoices("chosen_reward", "pos_reward")
    )
    rejected_reward: float = Field(
        lt=-_CLEAR, validation_alias=AliasChoices("rejected_reward", "neg_reward")
    )
    aspect: Aspect = Field(
        default_factory=lambda told: _aspect_of(told.get("chosen", "")),
        validation_alias=AliasChoices("aspect", "pair_type"),
    )

    @field_validator("chosen", "rejected")
    @classmethod
    def _answers_this_question(cls, answer: str, info: ValidationInfo) -> str:
        """The predecessor paired answers to different questions; such a pair teaches nothing."""
        if "prompt" in info.data:
            asked = named_equipment(asked_text(info.data["prompt"]))
            strange = [name for name in named_equipment(answer) if name not in asked]
            if strange:
                raise ValueError(
                    f"speaks of {strange[0]}, which the question does not name; "
                    "send answers to this question alone"
                )
        return answer

    @field_validator("rejected")
    @classmethod
    def _differs(cls, rejected: str, info: ValidationInfo) -> str:
        if rejected.strip() == info.data.get("chosen", "").strip():
            raise ValueError("is the chosen answer; send two that differ")
        return rejected

    @field_validator("rejected_reward")
    @classmethod
    def _lies_well_below(cls, reward: float, info: ValidationInfo) -> float:
        gap = info.data.get("chosen_reward", _CLEAR + _LEAST_GAP) - reward
        if gap < _LEAST_GAP - _ROUNDING:
            raise ValueError(f"must lie {_LEAST_GAP} below the chosen reward, not {gap:.3g}")
        return reward


def built(pair: Pair, event_id: str, received_at: datetime) -> PairBuilt:
    """The event; the same content is the same example."""
    content = (pair.aspect, pair.prompt, pair.chosen, pair.rejected)
    return PairBuilt(
        event_id=event_id,
        occurred_at=pair.timestamp or received_at,
        example_id=derived_id("imported", *content),
        revision=1,
        rule="imported",
        question=question_in(pair.prompt),
        sources=(),
        **pair.model_dump(exclude={"timestamp"}),
    )


def _aspect_of(answer: str) -> Aspect:
    return "widget" if answer.lstrip().startswith("{") else "voice"
