"""Views of one experience, run or model with everything that is connected to it."""

from dataclasses import dataclass

from ledger.reading.views import ExampleView, ExperienceView, ModelView, RunView, StoredEvent


@dataclass(frozen=True)
class ExperienceDetails:
    """One experience with everything about it; `revisions` are its scores, the first first."""

    experience: ExperienceView
    facts: tuple[StoredEvent, ...]
    revisions: tuple[StoredEvent, ...]
    examples: tuple[ExampleView, ...]
    models: tuple[ModelView, ...]


@dataclass(frozen=True)
class RunDetails:
    """One run with everything about it; `events` begin with the first."""

    run: RunView
    events: tuple[StoredEvent, ...]
    examples: tuple[ExampleView, ...]
    models: tuple[ModelView, ...]


@dataclass(frozen=True)
class ModelDetails:
    """One version with everything about it.

    `run` is None for an installed model; `experiences` are the query ids it was trained on.
    """

    model: ModelView
    run: RunView | None
    examples: tuple[ExampleView, ...]
    experiences: tuple[str, ...]
