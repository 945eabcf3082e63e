"""What is answered to those who read: pages of a list, and one thing with all that is known."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel, Field

from ingest.domain.command_center.explanation import ExplainedReward, explained
from ledger.reading import ExampleView, ExperienceDetails, ExperienceView, ModelView, StoredEvent

T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    """The newest first; `next` is the `after` of the next page, null on the last one."""

    items: list[T]
    next: str | None = Field(default=None)


class Listed(BaseModel, Generic[T]):
    """The newest first."""

    items: list[T]


@dataclass(frozen=True)
class ExperienceTold:
    """`facts` and `revisions` have the first first; `reward` explains the last revision."""

    experience: ExperienceView
    reward: ExplainedReward | None
    facts: tuple[StoredEvent, ...]
    revisions: tuple[ExplainedReward, ...]
    examples: tuple[ExampleView, ...]
    models: tuple[ModelView, ...]

    @classmethod
    def of(cls, story: ExperienceDetails) -> "ExperienceTold":
        revisions = tuple(explained(scored) for scored in story.revisions)
        return cls(
            experience=story.experience,
            reward=revisions[-1] if revisions else None,
            facts=story.facts,
            revisions=revisions,
            examples=story.examples,
            models=story.models,
        )
