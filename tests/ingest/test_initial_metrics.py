"""Counters exist before their first increment, because a rate over a new series misses it."""

import pytest
from prometheus_client import CollectorRegistry

from ingest.metrics import IngestMetrics
from ingest.ranking.metrics import RankMetrics
from ledger.archive.metrics import ArchiveMetrics


@pytest.fixture
def registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    IngestMetrics(registry)
    RankMetrics(registry, "hashing")
    ArchiveMetrics(registry)
    return registry


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("ratchet_intake_items_total", {"kind": "feedback", "outcome": "rejected"}),
        ("ratchet_rank_requests_total", {"outcome": "callers_order"}),
        ("ratchet_archive_failures_total", {"stream": "experiences"}),
        ("ratchet_archived_events_total", {"stream": "experiences"}),
    ],
)
def test_a_counter_exists_with_zero_before_its_first_increment(
    registry: CollectorRegistry, name: str, labels: dict[str, str]
):
    assert registry.get_sample_value(name, labels) == 0
