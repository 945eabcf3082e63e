"""Builds overlays with `kubectl kustomize`."""

import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
OVERLAYS = ("local", "gpu", "gpu-multinode")

KUBECTL = shutil.which("kubectl") or shutil.which("kubectl", path=ROOT / ".venv-deploy" / "bin")

needs_kubectl = pytest.mark.skipif(
    KUBECTL is None, reason="kubectl is not installed: run `make check-deploy`"
)


@cache
def built(overlay: str) -> tuple[dict[str, Any], ...]:
    command = [str(KUBECTL), "kustomize", str(ROOT / "k8s" / "overlays" / overlay)]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return tuple(document for document in yaml.safe_load_all(text) if document)


def of_kind(overlay: str, *kinds: str) -> dict[str, dict[str, Any]]:
    return {d["metadata"]["name"]: d for d in built(overlay) if d["kind"] in kinds}


def workloads(overlay: str) -> dict[str, dict[str, Any]]:
    return of_kind(overlay, "Deployment", "StatefulSet")


def pod(workload: dict[str, Any]) -> dict[str, Any]:
    return dict(workload["spec"]["template"]["spec"])


def containers(overlay: str) -> dict[str, dict[str, Any]]:
    """All containers, init containers included, by `<workload>/<container>`."""
    return {
        f"{name}/{container['name']}": container
        for name, workload in workloads(overlay).items()
        for container in (*pod(workload).get("initContainers", ()), *pod(workload)["containers"])
    }
