"""A cluster gets the rules and the dashboards that compose mounts."""

import json

import pytest
import yaml

from .asked import DASHBOARDS, RULES
from .kustomized import built, needs_kubectl, of_kind

pytestmark = [needs_kubectl, pytest.mark.parametrize("overlay", ["gpu", "gpu-multinode"])]


def test_its_rules_are_those_of_compose(overlay: str):
    """Make them anew: python deploy/prometheus/prometheus_rule.py."""
    (rule,) = of_kind(overlay, "PrometheusRule").values()
    files = [yaml.safe_load(path.read_text()) for path in sorted(RULES.glob("*.yml"))]
    assert rule["spec"]["groups"] == [group for file in files for group in file["groups"]]


def test_its_dashboards_are_those_of_compose_and_carry_the_label(overlay: str):
    found = {}
    for document in built(overlay):
        if document["kind"] == "ConfigMap" and document["metadata"]["name"].startswith("dashboard"):
            assert document["metadata"]["labels"]["grafana_dashboard"] == "1"
            found.update(document["data"])
    assert {name: json.loads(text) for name, text in found.items()} == {
        path.name: json.loads(path.read_text()) for path in DASHBOARDS.iterdir()
    }
