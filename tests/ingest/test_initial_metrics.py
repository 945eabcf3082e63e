"""What is asked for by its growth is there before it grows: else the first one never counts."""

import pytest
from prometheus_client import CollectorRegistry

from ingest.metrics import IngestMetrics
from ingest.ranking.metrics import RankMetrics
from ledger.archive.metrics import ArchiveMetrics


@pytest.fixture
def registry() -> CollectorRegistry:
    found = CollectorRegistry()
    IngestMetrics(found)
    RankMetrics(found, "hashing")
    ArchiveMetrics(found)
    return found


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("ratchet_intake_items_total", {"kind": "feedback", "outcome": "rejected"}),
        ("ratchet_rank_requests_total", {"outcome": "callers_order"}),
        ("ratchet_archive_failures_total", {"stream": "experiences"}),
        ("ratchet_archived_events_total", {"stream": "experiences"}),
    ],
)
def test_it_begins_at_zero(registry: CollectorRegistry, name: str, labels: dict[str, str]):
    assert registry.get_sample_value(name, labels) == 0
