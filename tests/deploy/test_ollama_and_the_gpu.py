"""Ollama and the trainer share a GPU or request one each, by a component of the overlay."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from .kustomized import KUBECTL, ROOT, needs_kubectl

pytestmark = needs_kubectl


@pytest.fixture(params=["ollama-shared-gpu", "ollama-own-gpu"])
def component(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def ollama(component: str, tmp_path: Path) -> dict[str, Any]:
    """The pod of Ollama in an overlay with this component."""
    k8s = os.path.relpath(ROOT / "k8s", tmp_path.resolve())
    overlay = {
        "resources": [f"{k8s}/base"],
        "components": [f"{k8s}/components/ollama", f"{k8s}/components/{component}"],
    }
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump(overlay))
    command = [str(KUBECTL), "kustomize", str(tmp_path)]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    (deployment,) = (
        document
        for document in yaml.safe_load_all(text)
        if document["kind"] == "Deployment" and document["metadata"]["name"] == "ollama"
    )
    return dict(deployment["spec"]["template"]["spec"])


def test_ollama_requests_a_gpu_only_if_it_has_its_own(component: str, ollama: dict[str, Any]):
    (container,) = ollama["containers"]
    own = container["resources"]["limits"].get("nvidia.com/gpu")
    assert own == (1 if component == "ollama-own-gpu" else None)
    assert {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"} in ollama[
        "tolerations"
    ]


def test_ollama_runs_beside_the_trainer_if_they_share_a_gpu(component: str, ollama: dict[str, Any]):
    near = ollama.get("affinity", {}).get("podAffinity")
    assert (near is not None) == (component == "ollama-shared-gpu")
