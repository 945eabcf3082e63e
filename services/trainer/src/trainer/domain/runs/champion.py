"""The champion: the adapter in service, or an accepted one that is being exported."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ratchet.contract import (
    ArtifactRef,
    ModelActivated,
    ModelRefused,
    ModelRegistered,
    ModelRolledBack,
)

ModelEvent = ModelRegistered | ModelActivated | ModelRolledBack | ModelRefused
"""The exporter's events that decide which adapter is in service."""


@dataclass(frozen=True)
class Checkpoint:
    """An accepted adapter; `manifest` names its files."""

    run_id: str
    manifest: ArtifactRef


@dataclass(frozen=True)
class Champion:
    """The adapter to beat; a `manifest` of None is the base model."""

    manifest: ArtifactRef | None
    reason: str


def champion(accepted: Sequence[Checkpoint], model_events: Iterable[ModelEvent]) -> Champion:
    """Follow the alias; `accepted` are the adapters of one base, oldest first.

    Events may come in any order and repeatedly: the last move of the alias counts. An adapter
    younger than all that have served counts as in service, unless it was refused: its export
    takes a while, and the next run would lose what it learned. A version that no run of this
    trainer made, such as an installed bundle, is no champion.
    """
    events = list(model_events)
    made_by = {e.version: e.run_id for e in events if isinstance(e, ModelRegistered)}
    refused = {e.run_id for e in events if isinstance(e, ModelRefused)}
    place = {checkpoint.run_id: at for at, checkpoint in enumerate(accepted)}
    moves = [e for e in events if isinstance(e, ModelActivated | ModelRolledBack)]
    served = [
        (place[made_by[move.version]], move.version)
        for move in sorted(moves, key=lambda move: move.occurred_at)
        if made_by.get(move.version) in place
    ]
    youngest = max((at for at, _ in served), default=-1)
    for checkpoint in reversed(accepted[youngest + 1 :]):
        if checkpoint.run_id not in refused:
            reason = f"run {checkpoint.run_id[:8]} was accepted and is being exported"
            return Champion(checkpoint.manifest, reason)
    if not served:
        return Champion(None, "no adapter of this base is in service")
    at, version = served[-1]
    return Champion(accepted[at].manifest, f"{version} is in service")
