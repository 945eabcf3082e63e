"""The two ways in which Ollama and the trainer come to a GPU, each as a component of an overlay."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from .kustomized import KUBECTL, ROOT, needs_kubectl

pytestmark = needs_kubectl


@pytest.fixture(params=["ollama-shared-gpu", "ollama-own-gpu"])
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def ollama(way: str, tmp_path: Path) -> dict[str, Any]:
    """The pod of Ollama in an overlay that has chosen this way."""
    k8s = os.path.relpath(ROOT / "k8s", tmp_path.resolve())
    overlay = {
        "resources": [f"{k8s}/base"],
        "components": [f"{k8s}/components/ollama", f"{k8s}/components/{way}"],
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


def test_ollama_requests_a_gpu_only_where_it_has_one_of_its_own(way: str, ollama: dict[str, Any]):
    (container,) = ollama["containers"]
    own = container["resources"]["limits"].get("nvidia.com/gpu")
    assert own == (1 if way == "ollama-own-gpu" else None)
    assert {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"} in ollama[
        "tolerations"
    ]


def test_ollama_that_shares_runs_where_the_trainer_runs(way: str, ollama: dict[str, Any]):
    near = ollama.get("affinity", {}).get("podAffinity")
    assert (near is not None) == (way == "ollama-shared-gpu")
