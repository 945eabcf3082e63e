"""Projects events about training runs, from the start to the export of the checkpoint."""

from collections.abc import Mapping

from ledger.domain.projection.changes import ColumnUpdate, EventChanges, Link, RowChange, time_stamp
from ledger.domain.values import plain, whole
from ratchet.contract import (
    CheckpointReady,
    Event,
    ModelRefused,
    RunFinished,
    RunProgressed,
    RunStarted,
    microseconds,
)


def started(event: RunStarted) -> EventChanges:
    run_id = plain(event.run_id)
    columns = {
        "method": event.method,
        "base_model": plain(event.base_model),
        "dataset_sha256": plain(event.dataset_sha256, 64),
        "pairs": whole(event.pairs),
        "held_out": whole(event.held_out),
        "started_because": plain(event.reason),
        "started_at": microseconds(event.occurred_at),
    }
    links = tuple(Link("run_examples", run_id, plain(used)) for used in event.example_ids)
    return EventChanges((_about(run_id, event, "started", columns),), links)


def progressed(event: RunProgressed) -> EventChanges:
    columns = {"stage": event.stage, "step": whole(event.step), "steps": whole(event.steps)}
    return EventChanges((_about(event.run_id, event, "progressed", columns),))


def finished(event: RunFinished) -> EventChanges:
    columns = {
        "verdict": event.verdict,
        "reason": plain(event.reason),
        "seconds": event.seconds,
        "finished_at": microseconds(event.occurred_at),
        "last_loss": event.curve[-1].loss if event.curve else None,
    }
    run_id = plain(event.run_id)
    left_out = (name for names in event.left_out.values() for name in names)
    links = tuple(Link("left_out_examples", run_id, plain(name)) for name in left_out)
    return EventChanges((_about(run_id, event, "finished", columns),), links)


def checkpointed(event: CheckpointReady) -> EventChanges:
    columns = {"manifest_sha256": event.manifest.sha256}
    return EventChanges((_about(event.run_id, event, "checkpointed", columns),))


def export_refused(event: ModelRefused) -> EventChanges:
    columns = {"export_refused": plain(event.reason)}
    return EventChanges((_about(event.run_id, event, "export_refused", columns),))


def _about(run_id: str, event: Event, topic: str, columns: Mapping[str, object]) -> RowChange:
    return RowChange("runs", plain(run_id), (ColumnUpdate(topic, time_stamp(event), columns),))
