"""Response types of the read API."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel, Field

from ingest.domain.command_center.explanation import ExplainedReward, explain
from ledger.reading import ExampleView, ExperienceDetails, ExperienceView, ModelView, StoredEvent

T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    """The newest first; `next` is the `after` of the next page, null on the last one."""

    items: list[T]
    next: str | None = Field(default=None)


class Listing(BaseModel, Generic[T]):
    """The newest first."""

    items: list[T]


@dataclass(frozen=True)
class ExplainedExperience:
    """`facts` and `revisions` are in order of time; `reward` explains the last revision."""

    experience: ExperienceView
    reward: ExplainedReward | None
    facts: tuple[StoredEvent, ...]
    revisions: tuple[ExplainedReward, ...]
    examples: tuple[ExampleView, ...]
    models: tuple[ModelView, ...]

    @classmethod
    def of(cls, story: ExperienceDetails) -> "ExplainedExperience":
        revisions = tuple(explain(event) for event in story.revisions)
        return cls(
            experience=story.experience,
            reward=revisions[-1] if revisions else None,
            facts=story.facts,
            revisions=revisions,
            examples=story.examples,
            models=story.models,
        )
