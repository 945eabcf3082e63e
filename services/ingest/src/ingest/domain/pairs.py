"""Imported pairs: accepted if both answers belong to the question and differ clearly."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, Field, ValidationInfo, field_validator

from ingest.domain.imported_example import ImportedExample, teachable
from ingest.domain.prompt_question import named_equipment, question_in
from ratchet.contract import Aspect, PairBuilt, derived_id
from ratchet.measures import question_text
from ratchet_text import split_thinking, visible_text

_CLEAR = 0.1
_LEAST_GAP = 0.3
_ROUNDING = 1e-9
_MOST = 20_000


def _without_thinking(answer: Any) -> Any:
    return split_thinking(answer)[1] if isinstance(answer, str) else answer


Answer = Annotated[str, BeforeValidator(_without_thinking)]


class Pair(ImportedExample):
    """Two answers to the question of `prompt`, and the reward of each.

    Thinking before an answer is left out. Without an `aspect`, answers that are JSON objects are
    widget plans, all others are spoken.
    """

    chosen: Answer = Field(max_length=_MOST)
    rejected: Answer = Field(max_length=_MOST)
    chosen_reward: float = Field(
        gt=_CLEAR, validation_alias=AliasChoices("chosen_reward", "pos_reward")
    )
    rejected_reward: float = Field(
        lt=-_CLEAR, validation_alias=AliasChoices("rejected_reward", "neg_reward")
    )
    aspect: Aspect = Field(
        default_factory=lambda fields: _aspect_of(fields.get("chosen", "")),
        validation_alias=AliasChoices("aspect", "pair_type"),
    )

    @field_validator("chosen", "rejected")
    @classmethod
    def _answers_this_question(cls, answer: str, info: ValidationInfo) -> str:
        # The predecessor's pair files contain answers to two different questions. Such a pair
        # would train the model to prefer one question over another.
        if "prompt" in info.data:
            in_question = named_equipment(question_text(info.data["prompt"]))
            others = [name for name in named_equipment(answer) if name not in in_question]
            if others:
                raise ValueError(
                    f"names {others[0]}, which the question does not name; "
                    "send answers to this question alone"
                )
        return teachable(answer)

    @field_validator("rejected")
    @classmethod
    def _differs(cls, rejected: str, info: ValidationInfo) -> str:
        if visible_text(rejected) == visible_text(info.data.get("chosen", "")):
            raise ValueError("equals the chosen answer; send two that differ")
        return rejected

    @field_validator("rejected_reward")
    @classmethod
    def _is_clearly_below(cls, reward: float, info: ValidationInfo) -> float:
        gap = info.data.get("chosen_reward", _CLEAR + _LEAST_GAP) - reward
        if gap < _LEAST_GAP - _ROUNDING:
            raise ValueError(f"must be {_LEAST_GAP} below the chosen reward, not {gap:.3g}")
        return reward


def pair_built(pair: Pair, event_id: str, received_at: datetime) -> PairBuilt:
    """The event of `pair`; the same content has the same example id."""
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
