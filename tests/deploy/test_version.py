"""All distributions and images have one version: the newest in CHANGELOG.md."""

import json
import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
MANIFESTS = [
    tomllib.loads(path.read_text())["project"]
    for pattern in (
        "*/pyproject.toml",
        "services/*/pyproject.toml",
        "clients/python/pyproject.toml",
        "tests/support/pyproject.toml",
    )
    for path in sorted(ROOT.glob(pattern))
]
LOCAL = "+mono"
"""A local version cannot be published, so no package index can serve a namesake."""
VERSION = str(MANIFESTS[0]["version"]).removesuffix(LOCAL)


def test_every_distribution_has_the_version():
    assert re.fullmatch(r"\d+\.\d+\.\d+", VERSION)
    assert len(MANIFESTS) == 17
    assert {project["version"] for project in MANIFESTS} == {VERSION + LOCAL}


def test_the_package_for_browsers_has_the_version():
    package = json.loads((ROOT / "clients" / "js" / "package.json").read_text())
    assert package["version"] == VERSION


def test_distributions_require_each_other_in_this_version():
    required = [
        line
        for project in MANIFESTS
        for lines in (project["dependencies"], *project.get("optional-dependencies", {}).values())
        for line in lines
        if line.startswith("ratchet-")
    ]
    assert required
    assert {line.partition("==")[2] for line in required} == {VERSION + LOCAL}


def test_images_are_tagged_with_the_version():
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    images = [s["image"] for s in compose.values() if s["image"].startswith("ratchet-")]
    assert {image.partition(":")[2].removesuffix("-cuda") for image in images} == {
        f"${{TAG:-{VERSION}}}"
    }
    for path in (ROOT / "k8s" / "overlays").glob("*/kustomization.yaml"):
        for image in yaml.safe_load(path.read_text())["images"]:
            if image["name"].startswith("ratchet-"):
                assert image["newTag"].removesuffix("-cuda") == VERSION


def test_the_changelog_begins_with_the_version():
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest is not None
    assert newest[1] == VERSION
