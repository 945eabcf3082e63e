"""Rules for every built overlay."""

import re
from typing import Any

import pytest

from ratchet.contract import STREAMS
from ratchet_cli.embedded.health import ANSWER_LIMIT_S, START_LIMIT_S

from .kustomized import (
    OVERLAYS,
    built,
    containers,
    needs_kubectl,
    of_kind,
    pod,
    workloads,
)

pytestmark = [needs_kubectl, pytest.mark.parametrize("overlay", OVERLAYS)]
SERVICES = ("ingest", "ledger", "reward", "trainer", "exporter", "gateway")
CLUSTER_WIDE = {"Namespace", "PriorityClass"}


def test_everything_is_in_one_namespace(overlay: str):
    for document in built(overlay):
        if document["kind"] not in CLUSTER_WIDE:
            assert document["metadata"]["namespace"] == "ratchet"


def test_every_container_has_limits(overlay: str):
    for name, container in containers(overlay).items():
        for bound in ("requests", "limits"):
            assert container["resources"][bound].keys() >= {"cpu", "memory"}, name


def test_every_image_is_pinned(overlay: str):
    for name, container in containers(overlay).items():
        assert re.fullmatch(r"[\w./-]+:(?!latest)[\w.-]+", container["image"]), name


def test_every_container_has_few_privileges(overlay: str):
    for name, container in containers(overlay).items():
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }, name


def test_no_pod_runs_as_root_or_has_a_token(overlay: str):
    accounts = of_kind(overlay, "ServiceAccount")
    for name, workload in workloads(overlay).items():
        spec = pod(workload)
        assert spec["securityContext"]["runAsNonRoot"] is True, name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert spec["automountServiceAccountToken"] is False
        assert accounts[spec["serviceAccountName"]]["automountServiceAccountToken"] is False


def test_liveness_does_not_depend_on_redis(overlay: str):
    for name in SERVICES:
        (container,) = pod(workloads(overlay)[name])["containers"]
        assert container["livenessProbe"]["httpGet"]["path"] == "/livez"
        assert container["startupProbe"]["httpGet"]["path"] == "/livez"
        assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"


def test_kubernetes_restarts_after_the_same_time_as_ratchet_up(overlay: str):
    for name in SERVICES:
        (container,) = pod(workloads(overlay)[name])["containers"]
        alive, started = container["livenessProbe"], container["startupProbe"]
        assert alive["periodSeconds"] * alive["failureThreshold"] == ANSWER_LIMIT_S
        assert started["periodSeconds"] * started["failureThreshold"] == START_LIMIT_S


def test_every_workload_can_be_drained(overlay: str):
    budgets = of_kind(overlay, "PodDisruptionBudget")
    assert budgets.keys() == workloads(overlay).keys()
    for budget in budgets.values():
        assert "minAvailable" not in budget["spec"]
        assert budget["spec"]["maxUnavailable"] >= 1


def test_traffic_is_denied_by_default(overlay: str):
    denied = of_kind(overlay, "NetworkPolicy")["default-deny"]["spec"]
    assert denied == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_only_labeled_pods_reach_redis(overlay: str):
    policies = of_kind(overlay, "NetworkPolicy")
    labeled = {
        name
        for name, workload in workloads(overlay).items()
        if workload["spec"]["template"]["metadata"]["labels"].get("ratchet/redis") == "client"
    }
    assert labeled == set(SERVICES)
    (rule,) = policies["redis"]["spec"]["ingress"]
    assert rule["from"] == [{"podSelector": {"matchLabels": {"ratchet/redis": "client"}}}]


def test_workloads_with_one_volume_or_gpu_are_recreated(overlay: str):
    for name in ("trainer", "exporter", "ollama"):
        assert workloads(overlay)[name]["spec"]["strategy"]["type"] == "Recreate"


def test_the_trainer_has_a_low_priority_and_time_to_stop(overlay: str):
    spec = pod(workloads(overlay)["trainer"])
    priorities = of_kind(overlay, "PriorityClass")
    serving = pod(workloads(overlay)["ingest"])["priorityClassName"]
    assert priorities[spec["priorityClassName"]]["value"] < priorities[serving]["value"]
    assert spec["terminationGracePeriodSeconds"] >= 120
    shm = next(volume for volume in spec["volumes"] if volume["name"] == "shm")
    assert shm["emptyDir"]["medium"] == "Memory"


def test_every_replica_has_its_own_consumer_name(overlay: str):
    for name in SERVICES:
        (container,) = pod(workloads(overlay)[name])["containers"]
        variables = {variable["name"]: variable for variable in container["env"]}
        field = variables["RATCHET_CONSUMER_NAME"]["valueFrom"]["fieldRef"]["fieldPath"]
        assert field == "metadata.name"


def test_secrets_are_files_and_never_in_git(overlay: str):
    assert not of_kind(overlay, "Secret")
    for name, container in containers(overlay).items():
        for variable in container.get("env", ()):
            assert "secretKeyRef" not in variable.get("valueFrom", {}), name


def test_every_mounted_claim_exists(overlay: str):
    claims = of_kind(overlay, "PersistentVolumeClaim")
    for workload in workloads(overlay).values():
        for volume in pod(workload)["volumes"]:
            claim = volume.get("persistentVolumeClaim", {}).get("claimName")
            assert claim is None or claim in claims


def test_trainer_exporter_and_ingest_share_the_artifacts(overlay: str):
    def mounted(name: str) -> list[dict[str, Any]]:
        (container,) = pod(workloads(overlay)[name])["containers"]
        return [m for m in container["volumeMounts"] if m["mountPath"] == "/data/artifacts"]

    artifacts = [{"name": "shared", "mountPath": "/data/artifacts", "subPath": "artifacts"}]
    assert mounted("trainer") == mounted("exporter") == mounted("ingest") == artifacts


def test_reward_scales_with_lag_and_pending_entries(overlay: str):
    scaled = of_kind(overlay, "ScaledObject")
    if overlay == "local":
        assert not scaled
        return
    assert "replicas" not in workloads(overlay)["reward"]["spec"]
    triggers = [trigger["metadata"] for trigger in scaled["reward"]["spec"]["triggers"]]
    read = {stream.key for stream in STREAMS if "reward" in stream.groups}
    for counted in ("lagCount", "pendingEntriesCount"):
        assert {t["stream"] for t in triggers if counted in t} == read
    assert {trigger["consumerGroup"] for trigger in triggers} == {"reward"}
    assert scaled["reward"]["spec"]["minReplicaCount"] >= 1


def test_no_more_gpus_are_requested_than_one_node_has(overlay: str):
    requested = {
        name: container["resources"]["limits"]["nvidia.com/gpu"]
        for name, container in containers(overlay).items()
        if "nvidia.com/gpu" in container["resources"]["limits"]
    }
    assert requested == ({} if overlay == "local" else {"trainer/trainer": 1})
