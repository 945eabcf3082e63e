"""Reading streams, retries, dead letters, and publishing with exactly one effect."""

# fmt: off
# isort: off
from ratchet.delivery.batched_append import Appends, NotWritten
from ratchet.delivery.claimer import Claimer
from ratchet.delivery.consumer import Consumer, RetryPolicy, one_by_one
from ratchet.delivery.dead_letter import ConsumerStopped, DeadLetter, DeadLetterLimit
from ratchet.delivery.entry import Entry, describe, newer_release, newest_version, unwrap
from ratchet.delivery.group_position import (
    first_of, group_positions, has_finished, has_read, lacks,
)
from ratchet.delivery.idempotency import (
    RECORD_TTL_S, AlreadyPublished, IdempotencyRecord, published_key, under_another_id,
)
from ratchet.delivery.metrics import DeliveryMetrics
from ratchet.delivery.publisher import DATA_FIELD, Publisher, data_of, entry_of, new_id
from ratchet.delivery.reader import attach, create_groups, missing_groups
from ratchet.delivery.tail import follow, newest
from ratchet.delivery.transaction import SEEN_TTL_S, Transaction, seen_key
from ratchet.delivery.worker import Worker
