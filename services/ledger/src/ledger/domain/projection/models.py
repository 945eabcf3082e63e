"""What is said about a model version: registered, moved into service and out of it."""

from ledger.domain.projection.changes import NOTHING, Facts, Saying
from ledger.domain.projection.fold import Word, said_at
from ledger.domain.values import plain
from ratchet.contract import (
    ActivationRefused,
    ModelActivated,
    ModelRegistered,
    ModelRolledBack,
    microseconds,
)


def registered(event: ModelRegistered) -> Facts:
    columns = {
        "name": plain(event.name),
        "run_id": plain(event.run_id),
        "registry": event.registry,
        "quantization": plain(event.quantization, 100),
        "gguf_sha256": event.gguf.sha256,
        "top1": event.parity.top1,
        "registered_at": microseconds(event.occurred_at),
    }
    word = Word("registered", said_at(event), columns)
    return Facts((Saying("models", plain(event.version), (word,)),))


def moved(event: ModelActivated | ModelRolledBack) -> Facts:
    """`version` came into service, and `previous` went out of it."""
    stamp, at = said_at(event), microseconds(event.occurred_at)
    by, why = plain(event.requested_by), plain(event.reason)
    came = {"came_at": at, "came_by": by, "came_because": why}
    sayings = [Saying("models", plain(event.version), (Word("came", stamp, came),))]
    if event.previous is not None and event.previous != event.version:
        went = {
            "went_at": at,
            "went_by": by,
            "went_because": why,
            "rolled_back": isinstance(event, ModelRolledBack),
        }
        sayings.append(Saying("models", plain(event.previous), (Word("went", stamp, went),)))
    return Facts(tuple(sayings))


def refused(event: ActivationRefused) -> Facts:
    if event.version is None:
        return NOTHING
    columns = {
        "refused_at": microseconds(event.occurred_at),
        "refused_by": plain(event.requested_by),
        "refused_because": plain(event.reason),
    }
    word = Word("refused", said_at(event), columns)
    return Facts((Saying("models", plain(event.version), (word,)),))
