"""What is said about a training run, from its start to what became of its checkpoint."""

from collections.abc import Mapping

from ledger.domain.projection.changes import Facts, Link, Saying
from ledger.domain.projection.fold import Word, said_at
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


def started(event: RunStarted) -> Facts:
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
    return Facts((_about(run_id, event, "started", columns),), links)


def progressed(event: RunProgressed) -> Facts:
    columns = {"stage": event.stage, "step": whole(event.step), "steps": whole(event.steps)}
    return Facts((_about(event.run_id, event, "progressed", columns),))


def finished(event: RunFinished) -> Facts:
    columns = {
        "verdict": event.verdict,
        "reason": plain(event.reason),
        "seconds": event.seconds,
        "finished_at": microseconds(event.occurred_at),
        "last_loss": event.curve[-1].loss if event.curve else None,
    }
    return Facts((_about(event.run_id, event, "finished", columns),))


def checkpointed(event: CheckpointReady) -> Facts:
    columns = {"manifest_sha256": event.manifest.sha256}
    return Facts((_about(event.run_id, event, "checkpointed", columns),))


def export_refused(event: ModelRefused) -> Facts:
    columns = {"export_refused": plain(event.reason)}
    return Facts((_about(event.run_id, event, "export_refused", columns),))


def _about(run_id: str, event: Event, topic: str, columns: Mapping[str, object]) -> Saying:
    return Saying("runs", plain(run_id), (Word(topic, said_at(event), columns),))
