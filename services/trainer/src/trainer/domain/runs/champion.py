"""Which adapter a next run has to beat: the one in service, or one on its way there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ratchet.contract import (
    ArtifactRef,
    ModelActivated,
    ModelRefused,
    ModelRegistered,
    ModelRolledBack,
)

Told = ModelRegistered | ModelActivated | ModelRolledBack | ModelRefused
"""What the exporter says that has a bearing on it."""


@dataclass(frozen=True)
class Checkpoint:
    """An adapter that was accepted; `manifest` names its files."""

    run_id: str
    manifest: ArtifactRef


@dataclass(frozen=True)
class Champion:
    """`manifest` None is the base."""

    manifest: ArtifactRef | None
    reason: str


def champion(accepted: Sequence[Checkpoint], told: Iterable[Told]) -> Champion:
    """Follow the alias; `accepted` are the adapters of one base, oldest first.

    `told` may come in any order and more than once: the move that was made last counts. An
    adapter younger than all that have served counts as in service already, unless it was
    refused: its export takes a while, and what it learnt would be lost to the next run. A
    version that no run here has made, such as an installed bundle, cannot be gone on from.
    """
    events = list(told)
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
            reason = f"run {checkpoint.run_id[:8]} was accepted and is on its way into service"
            return Champion(checkpoint.manifest, reason)
    if not served:
        return Champion(None, "no adapter of this base is in service")
    at, version = served[-1]
    return Champion(accepted[at].manifest, f"{version} is in service")
