"""Nothing in the Kubernetes files is open beyond what docs/security.md states."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2] / "k8s"
FROM_OTHER_NAMESPACES = {"ingest", "gateway", "ollama", "redis", "every pod with metrics"}
"""Redis by KEDA's scaler, with a password; metrics by Prometheus."""


def documents() -> Iterator[dict[str, Any]]:
    for path in sorted(ROOT.rglob("*.yaml")):
        for document in yaml.safe_load_all(path.read_text()):
            if isinstance(document, dict):
                yield document


def keys_of(value: Any) -> Iterator[str]:
    for inner in value.values() if isinstance(value, dict) else value:
        if isinstance(inner, dict | list):
            yield from keys_of(inner)
    if isinstance(value, dict):
        yield from value


def of_kind(kind: str) -> list[dict[str, Any]]:
    return [document for document in documents() if document.get("kind") == kind]


def test_no_service_has_an_address_outside_of_the_cluster():
    services = of_kind("Service")
    assert {service["metadata"]["name"] for service in services} >= {"ingest", "trainer"}
    for service in services:
        assert service["spec"].get("type", "ClusterIP") == "ClusterIP"
        assert not service["spec"].keys() & {"externalIPs", "loadBalancerIP"}


@pytest.mark.parametrize("kind", ["Ingress", "Gateway", "HTTPRoute"])
def test_there_is_no_route_into_the_cluster(kind: str):
    assert of_kind(kind) == []


def test_no_pod_has_a_port_of_its_node():
    for document in documents():
        assert not set(keys_of(document)) & {"hostPort", "hostNetwork", "hostIPC", "hostPID"}


def test_only_documented_pods_are_reached_from_other_namespaces():
    reached = set()
    for policy in of_kind("NetworkPolicy"):
        for rule in policy["spec"].get("ingress") or []:
            assert rule.get("from"), "a rule without `from` admits everyone"
            for peer in rule["from"]:
                assert "ipBlock" not in peer
                if "namespaceSelector" in peer:
                    labels = policy["spec"]["podSelector"].get("matchLabels", {})
                    name = labels.get("app.kubernetes.io/name", "every pod with metrics")
                    assert peer["namespaceSelector"].get("matchLabels"), name
                    reached.add(name)
    assert reached <= FROM_OTHER_NAMESPACES
