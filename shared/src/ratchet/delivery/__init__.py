"""Reading streams, retries, dead letters, and publishing with exactly one effect."""

from ratchet.delivery.batched_append import (
    Appends,
)
from ratchet.delivery.claimer import (
    Claimer,
)
from ratchet.delivery.consumer import (
    Consumer,
    RetryPolicy,
)
from ratchet.delivery.dead_letter import (
    ConsumerStopped,
    DeadLetter,
    DeadLetterLimit,
)
from ratchet.delivery.deduplication import (
    SEEN_TTL_S,
    seen_key,
)
from ratchet.delivery.entry import (
    Entry,
    describe,
    unwrap,
)
from ratchet.delivery.event_ids import (
    new_id,
)
from ratchet.delivery.group_progress import Progress, progress
from ratchet.delivery.groups import (
    create_groups,
)
from ratchet.delivery.idempotency import (
    AlreadyPublished,
    Receipt,
)
from ratchet.delivery.metrics import (
    DeliveryMetrics,
)
from ratchet.delivery.publisher import (
    DATA_FIELD,
    Publisher,
    data_of,
    entry_of,
)
from ratchet.delivery.reader import (
    attach,
)
from ratchet.delivery.release import (
    newer_release,
    newest_version,
)
from ratchet.delivery.standing import (
    Standing,
    has_settled,
    standings,
)
from ratchet.delivery.tail import (
    follow,
    newest,
)
from ratchet.delivery.transaction import (
    Transaction,
)
from ratchet.delivery.worker import (
    Worker,
)

__all__ = [
    "DATA_FIELD",
    "SEEN_TTL_S",
    "AlreadyPublished",
    "Appends",
    "Claimer",
    "Consumer",
    "ConsumerStopped",
    "DeadLetter",
    "DeadLetterLimit",
    "DeliveryMetrics",
    "Entry",
    "Progress",
    "Publisher",
    "Receipt",
    "RetryPolicy",
    "Standing",
    "Transaction",
    "Worker",
    "attach",
    "create_groups",
    "data_of",
    "describe",
    "entry_of",
    "follow",
    "has_settled",
    "new_id",
    "newer_release",
    "newest",
    "newest_version",
    "progress",
    "seen_key",
    "standings",
    "unwrap",
]
