"""Scripts that need a Docker engine report its absence."""

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


def test_the_compose_test_is_skipped_without_an_engine(without_engine: dict[str, str]):
    skipped = ended("test-compose.sh", without_engine)
    assert skipped.returncode == 0
    assert skipped.stdout == "test-compose is skipped: no Docker engine responds to `docker info`\n"


def test_building_images_fails_without_an_engine(without_engine: dict[str, str]):
    refused = ended("build-images.sh", without_engine)
    assert refused.returncode == 1
    assert "No Docker engine responds. Start one, or set DOCKER_HOST." in refused.stderr
