"""A handler with a countable effect: one increment and one event per request."""

from collections.abc import Sequence

from ratchet.contract import (
    ArtifactRef,
    CheckpointReady,
    Delivered,
    Done,
    Outcome,
    State,
    TrainingRequested,
    Write,
    derived_id,
)


async def count_and_emit(
    batch: Sequence[Delivered[TrainingRequested]], state: State
) -> list[Outcome]:
    """Increment `count:<requester>` and emit one checkpoint per request."""
    known = await state.read([f"count:{event.requested_by}" for event, *_ in batch])
    outcomes: list[Outcome] = []
    for event, *_ in batch:
        key = f"count:{event.requested_by}"
        value = str(int(known[key] or b"0") + 1).encode()
        known[key] = value
        outcomes.append(Done(emits=(checkpoint_of(event),), writes=(Write(key, value),)))
    return outcomes


def checkpoint_of(cause: TrainingRequested) -> CheckpointReady:
    return CheckpointReady(
        event_id=derived_id(cause.event_id, "checkpoint"),
        occurred_at=cause.occurred_at,
        caused_by=cause.event_id,
        run_id=cause.requested_by,
        base_model="base",
        manifest=ArtifactRef(sha256="0" * 64, size=0, name="manifest.json"),
    )
