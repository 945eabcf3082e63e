"""Projects events about model versions: registered, activated and replaced."""

from ledger.domain.projection.changes import (
    NO_CHANGES,
    ColumnUpdate,
    EventChanges,
    RowChange,
    time_stamp,
)
from ledger.domain.values import plain
from ratchet.contract import (
    ActivationRefused,
    ModelActivated,
    ModelRegistered,
    ModelRolledBack,
    microseconds,
)


def registered(event: ModelRegistered) -> EventChanges:
    columns = {
        "name": plain(event.name),
        "run_id": plain(event.run_id),
        "registry": event.registry,
        "quantization": plain(event.quantization, 100),
        "gguf_sha256": event.gguf.sha256,
        "top1": event.parity.top1,
        "registered_at": microseconds(event.occurred_at),
    }
    update = ColumnUpdate("registered", time_stamp(event), columns)
    return EventChanges((RowChange("models", plain(event.version), (update,)),))


def moved(event: ModelActivated | ModelRolledBack) -> EventChanges:
    """`version` became active, and `previous` was replaced."""
    stamp, at = time_stamp(event), microseconds(event.occurred_at)
    by, why = plain(event.requested_by), plain(event.reason)
    came = {"came_at": at, "came_by": by, "came_because": why}
    changes = [RowChange("models", plain(event.version), (ColumnUpdate("came", stamp, came),))]
    if event.previous is not None and event.previous != event.version:
        went = {
            "went_at": at,
            "went_by": by,
            "went_because": why,
            "rolled_back": isinstance(event, ModelRolledBack),
        }
        changes.append(
            RowChange("models", plain(event.previous), (ColumnUpdate("went", stamp, went),))
        )
    return EventChanges(tuple(changes))


def refused(event: ActivationRefused) -> EventChanges:
    if event.version is None:
        return NO_CHANGES
    columns = {
        "refused_at": microseconds(event.occurred_at),
        "refused_by": plain(event.requested_by),
        "refused_because": plain(event.reason),
    }
    update = ColumnUpdate("refused", time_stamp(event), columns)
    return EventChanges((RowChange("models", plain(event.version), (update,)),))
