"""Images follow a tag only until `make pin-images` has written their digests to .env."""

import os
import re
import stat
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OLD, NEW = "a" * 64, "b" * 64
ENGINE = """#!/bin/sh
case "$1 $2" in
"pull --quiet") echo "$3" >> "$PULLED" ;;
"image inspect") echo "${5%:*}@sha256:$DIGEST" ;;
esac
"""
"""A Docker client at an engine where every tag has the digest $DIGEST."""


class Deployment:
    """The scripts with an engine of their own and `file` in the place of .env."""

    def __init__(self, directory: Path) -> None:
        client = directory / "docker"
        client.write_text(ENGINE)
        client.chmod(client.stat().st_mode | stat.S_IXUSR)
        self.file, self.pulled = directory / "env", directory / "pulled"
        self._path = f"{directory}:{os.environ['PATH']}"

    def pin(self, *arguments: str, digest: str = OLD) -> "subprocess.CompletedProcess[str]":
        environment = {
            **os.environ,
            "PATH": self._path,
            "ENV_FILE": str(self.file),
            "DIGEST": digest,
            "PULLED": str(self.pulled),
        }
        command = [str(ROOT / "deploy" / "pin-images.sh"), *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    @property
    def images(self) -> dict[str, str]:
        return dict(re.findall(r"^(\w+_IMAGE)=(.*)$", self.file.read_text(), re.MULTILINE))


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    return Deployment(tmp_path)


def of_compose() -> dict[str, str]:
    text = (ROOT / "docker-compose.yml").read_text()
    return dict(re.findall(r"image: \$\{(\w+_IMAGE):-([^}]+)\}", text))


def test_every_image_that_is_not_ours_can_be_pinned():
    text = (ROOT / "docker-compose.yml").read_text()
    others = [name for name in re.findall(r"image: (\S+)", text) if not name.startswith("ratchet-")]
    assert len(others) == len(of_compose()) == 5


def test_all_images_and_the_base_are_pinned_with_their_tags(deployment: Deployment):
    checked = deployment.pin("--check")
    assert checked.returncode == 1
    assert "BASE_IMAGE" in checked.stderr
    assert "make pin-images" in checked.stderr

    assert deployment.pin().returncode == 0
    tags = {**of_compose(), "BASE_IMAGE": "python:3.11-slim-bookworm"}
    assert deployment.images == {name: f"{tag}@sha256:{OLD}" for name, tag in tags.items()}
    assert deployment.pin("--check").returncode == 0


def test_a_pinned_image_stays_until_it_is_named_again(deployment: Deployment):
    deployment.file.write_text("BIND=127.0.0.1\nREDIS_IMAGE=redis:8.4-alpine\n")
    assert deployment.pin().returncode == 0
    assert deployment.images["REDIS_IMAGE"] == f"redis:8.4-alpine@sha256:{OLD}"
    before = deployment.images
    assert deployment.pin(digest=NEW).returncode == 0
    assert deployment.images == before
    assert deployment.pin("REDIS_IMAGE", digest=NEW).returncode == 0
    assert deployment.images == {**before, "REDIS_IMAGE": f"redis:8.4-alpine@sha256:{NEW}"}
    assert "BIND=127.0.0.1" in deployment.file.read_text()


def test_an_unknown_name_is_refused_with_those_that_exist(deployment: Deployment):
    refused = deployment.pin("REDSI_IMAGE")
    assert refused.returncode == 1
    assert "REDIS_IMAGE" in refused.stderr


def test_builds_without_a_named_base_use_the_pinned_one():
    script = (ROOT / "deploy" / "build-images.sh").read_text()
    assert "deploy/pin-images.sh BASE_IMAGE" in script
    assert "docker pull" not in script


@pytest.mark.parametrize("file", ["Makefile", "deploy/Dockerfile"])
def test_tools_that_compile_a_package_are_pinned(file: str):
    """llama-cpp-python names no versions of what builds it."""
    pins = (ROOT / "constraints.txt").read_text()
    for tool in ("scikit-build-core", "cmake", "ninja", "hatchling"):
        assert re.search(rf"^{tool}==[\d.]+$", pins, re.MULTILINE), tool
    text = (ROOT / file).read_text()
    for variable in ("PIP_CONSTRAINT", "PIP_BUILD_CONSTRAINT"):
        assert re.search(rf"\b{variable}\b\s*:?=\s*\S+/constraints\.txt", text), variable
