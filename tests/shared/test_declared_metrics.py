"""Metrics are named by Prometheus' conventions and listed for operators."""

from pathlib import Path

import pytest
from declared_metrics import Metric, declared, table

DOCUMENT = Path(__file__).parents[2] / "docs" / "metrics.md"
UNITS = ("_seconds", "_bytes", "_ratio", "_nats", "_info")
NOT_BASE_UNITS = ("_ms", "_milliseconds", "_minutes", "_hours", "_kb", "_mb", "_percent")
UNBOUNDED = {"query_id", "user_id", "event_id", "run_id", "example_id", "version", "key", "path"}
METRICS = declared()


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_a_metric_is_named_by_convention_and_told_in_one_sentence(metric: Metric):
    assert metric.name.startswith("ratchet_")
    assert metric.name.endswith("_total") == (metric.kind == "counter")
    assert not metric.name.endswith(NOT_BASE_UNITS)
    if metric.kind == "histogram":
        assert metric.name.endswith((*UNITS, "_value"))
    assert metric.help[0].isupper() or metric.help[0].isdigit()
    assert metric.help.endswith(".")
    assert ". " not in metric.help
    assert "|" not in metric.help


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_no_label_grows_with_what_is_asked_or_answered(metric: Metric):
    assert not UNBOUNDED & set(metric.labels)


def test_a_name_means_one_thing_wherever_it_is_told():
    meanings = {(metric.name, metric.kind, metric.labels, metric.help) for metric in METRICS}
    assert len(meanings) == len({metric.name for metric in METRICS})


def test_the_table_for_operators_is_what_the_code_declares():
    again = "python deploy/declared_metrics.py > docs/metrics.md"
    assert DOCUMENT.read_text() == table(), f"make it anew: {again}"
