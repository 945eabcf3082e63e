"""Custom resources match their schemas. Without a cluster no other validator knows them."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from .kustomized import ROOT, built, needs_kubectl

SCHEMAS = ROOT / "deploy" / "schemas"


def validator(kind: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((SCHEMAS / f"{kind.lower()}.json").read_text()))


def run_script(documents: list[dict[str, Any]], into: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "deploy" / "custom_resources.py"), str(into)],
        check=False,
        input=yaml.safe_dump_all(documents),
        capture_output=True,
        text=True,
    )


def scaled(trigger: dict[str, str]) -> dict[str, Any]:
    target = {"address": "redis:6379", "stream": "ratchet:feedback", "consumerGroup": "reward"}
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {"name": "reward"},
        "spec": {
            "scaleTargetRef": {"name": "reward"},
            "triggers": [{"type": "redis-streams", "metadata": {**target, **trigger}}],
        },
    }


@pytest.mark.parametrize("schema", sorted(SCHEMAS.glob("*.json")), ids=lambda path: path.stem)
def test_a_schema_is_valid(schema: Path):
    Draft202012Validator.check_schema(json.loads(schema.read_text()))


@pytest.mark.parametrize("torch", [{"numProcPerNode": 1}, {"elasticPolicy": {}}])
def test_a_runtime_with_a_field_that_kubeflow_removed_is_refused(torch: dict[str, Any]):
    schema = json.loads((SCHEMAS / "trainingruntime.json").read_text())
    policy = schema["properties"]["spec"]["properties"]["mlPolicy"]
    Draft202012Validator(policy).validate({"numNodes": 2, "torch": {}})
    assert not Draft202012Validator(policy).is_valid({"numNodes": 2, "torch": torch})


@needs_kubectl
@pytest.mark.parametrize("overlay", ["gpu", "gpu-multinode"])
def test_every_custom_resource_of_an_overlay_matches_its_schema(overlay: str, tmp_path: Path):
    result = run_script(list(built(overlay)), tmp_path)
    assert result.returncode == 0, result.stderr
    pairs = [line.split() for line in result.stdout.splitlines()]
    assert pairs
    for schema, file in pairs:
        Draft202012Validator(json.loads(Path(schema).read_text())).validate(
            yaml.safe_load(Path(file).read_text())
        )


@pytest.mark.parametrize(
    ("trigger", "is_valid"),
    [
        ({"lagCount": "5"}, True),
        ({"pendingEntriesCount": "5"}, True),
        ({"lagCount": "5", "pendingEntriesCount": "5"}, False),
        ({}, False),
        ({"lagcount": "5"}, False),
    ],
    ids=str,
)
def test_a_trigger_has_exactly_one_count(trigger: dict[str, str], is_valid: bool):
    assert validator("ScaledObject").is_valid(scaled(trigger)) is is_valid


def test_a_kind_without_a_schema_is_reported(tmp_path: Path):
    unknown = {"apiVersion": "example.org/v1", "kind": "Gadget", "metadata": {"name": "one"}}
    result = run_script([unknown], tmp_path)
    assert result.returncode == 1
    assert "Gadget: write gadget.json in deploy/schemas" in result.stderr


def test_built_in_kinds_are_skipped(tmp_path: Path):
    policy = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "one"},
    }
    assert run_script([policy], tmp_path).stdout == ""
