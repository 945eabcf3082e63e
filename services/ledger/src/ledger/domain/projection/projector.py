"""From an event of any stream to what it says; most types have one line here."""

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

_SAYS: Mapping[type[Event], Callable[[Any], EventChanges]] = {
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
    """What `event` says; nothing for one that is kept and only counted."""
    says = _SAYS.get(type(event))
    return NO_CHANGES if says is None else says(event)
