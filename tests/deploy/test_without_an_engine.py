"""What needs a Docker engine says that it is left out, where only the client is there."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def without_engine(tmp_path: Path) -> dict[str, str]:
    client = tmp_path / "docker"
    client.write_text("#!/bin/sh\nexit 1\n")
    client.chmod(client.stat().st_mode | stat.S_IXUSR)
    return {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}


def ended(script: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [ROOT / "deploy" / script]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_the_demo_through_compose_is_left_out(without_engine: dict[str, str]):
    left_out = ended("test-compose.sh", without_engine)
    assert left_out.returncode == 0
    assert left_out.stdout == "test-compose is left out: no Docker engine answers `docker info`\n"


def test_images_are_not_built(without_engine: dict[str, str]):
    refused = ended("build-images.sh", without_engine)
    assert refused.returncode == 1
    assert "no Docker engine answers: start one, or name it by DOCKER_HOST" in refused.stderr
