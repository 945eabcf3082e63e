"""A cluster has the rules and dashboards that compose mounts."""

import json

import pytest
import yaml

from .kustomized import built, needs_kubectl, of_kind
from .queries import DASHBOARDS, RULES

pytestmark = [needs_kubectl, pytest.mark.parametrize("overlay", ["gpu", "gpu-multinode"])]


def test_the_cluster_has_the_rules_of_compose(overlay: str):
    """Rebuild them: python deploy/prometheus/prometheus_rule.py."""
    (rule,) = of_kind(overlay, "PrometheusRule").values()
    files = [yaml.safe_load(path.read_text()) for path in sorted(RULES.glob("*.yml"))]
    assert rule["spec"]["groups"] == [group for file in files for group in file["groups"]]


def test_the_cluster_has_the_dashboards_of_compose_with_their_label(overlay: str):
    dashboards = {}
    for document in built(overlay):
        if document["kind"] == "ConfigMap" and document["metadata"]["name"].startswith("dashboard"):
            assert document["metadata"]["labels"]["grafana_dashboard"] == "1"
            dashboards.update(document["data"])
    assert {name: json.loads(text) for name, text in dashboards.items()} == {
        path.name: json.loads(path.read_text()) for path in DASHBOARDS.iterdir()
    }
