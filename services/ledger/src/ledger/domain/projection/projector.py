"""Maps each event type to the function that projects it."""

from collections.abc import Callable, Mapping
from typing import Any

from ledger.domain.projection import examples, experiences, models, runs
from ledger.domain.projection.changes import NO_CHANGES, EventChanges
from ratchet.contract import (
    ActivationRefused,
    CheckpointReady,
    DemonstrationBuilt,
    Event,
    ExampleRetracted,
    ExperienceRecorded,
    ExperienceScored,
    FeedbackReceived,
    Forgotten,
    LabelBuilt,
    ModelActivated,
    ModelRefused,
    ModelRegistered,
    ModelRolledBack,
    PairBuilt,
    RunFinished,
    RunProgressed,
    RunStarted,
)

_PROJECTIONS: Mapping[type[Event], Callable[[Any], EventChanges]] = {
    ExperienceRecorded: experiences.recorded,
    FeedbackReceived: experiences.received,
    ExperienceScored: experiences.scored,
    PairBuilt: examples.built,
    LabelBuilt: examples.built,
    DemonstrationBuilt: examples.built,
    ExampleRetracted: examples.retracted,
    Forgotten: examples.forgotten,
    RunStarted: runs.started,
    RunProgressed: runs.progressed,
    RunFinished: runs.finished,
    CheckpointReady: runs.checkpointed,
    ModelRefused: runs.export_refused,
    ModelRegistered: models.registered,
    ModelActivated: models.moved,
    ModelRolledBack: models.moved,
    ActivationRefused: models.refused,
}


def changes_of(event: Event) -> EventChanges:
    """The changes that `event` makes; none for a type that is only stored and counted."""
    project = _PROJECTIONS.get(type(event))
    return NO_CHANGES if project is None else project(event)
