"""`python -m exporter compare`: whether a real OpenAI-compatible server serves a version."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from exporter.__main__ import main
from exporter.backends.registries.local_registry import LocalRegistry
from ratchet.contract import ServedParity
from ratchet_testing.valkey import free_port, wait_for_port

from ..trained_model import TrainedModel

pytestmark = pytest.mark.heavy

SERVE = """
import sys
import llama_cpp.llama_cpp as library
from llama_cpp.server.__main__ import main
defaults = library.llama_model_default_params
def without_repacking():
    parameters = defaults()
    parameters.use_extra_bufts = False
    return parameters
library.llama_model_default_params = without_repacking
main()
"""
"""llama-cpp-python's server, with weights loaded as the exporter loads them."""

Compare = Callable[..., Result]


@contextmanager
def llama_server(gguf: Path) -> Iterator[str]:
    port = free_port()
    options = ["--model", str(gguf), "--port", str(port), "--host", "127.0.0.1", "--n_ctx", "512"]
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for_port(port, 60)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.kill()
        process.wait(10)


@pytest.fixture
async def compare(
    trained: TrainedModel, record: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Compare:
    """The command, in a data directory where the trained model is registered as v1."""
    monkeypatch.setenv("RATCHET_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("RATCHET_EXPORTER_MODEL_NAME", "m")
    registry = LocalRegistry(tmp_path / "registry", "m")
    await registry.register(trained.record_of(record("v1")), trained.gguf)

    def compare(url: str, *options: str, version: str = "v1") -> Result:
        arguments = ["compare", version, "--url", url, "--model", "any", *options]
        return CliRunner().invoke(main, arguments)

    return compare


def test_the_server_of_the_trained_model_is_recognized(
    compare: Compare, trained: TrainedModel
) -> None:
    with llama_server(trained.gguf) as url:
        figures = compare(url, "--json")

    assert figures.exit_code == 0, figures.output
    parity = ServedParity.model_validate_json(figures.stdout)
    assert parity.top1 == 1.0
    assert parity.tokens >= 60
    assert parity.kl_mean == pytest.approx(0, abs=1e-3)
    assert parity.faults == ()


def test_another_model_is_reported_in_a_table_with_status_1(
    compare: Compare, trained: TrainedModel
) -> None:
    with llama_server(trained.base) as url:
        result = compare(url)

    assert result.exit_code == 1
    assert "any against v1" in result.stdout
    assert "divergence: mean KL" in result.stdout
    assert "verdict: not the trained model" in result.stdout


def test_an_unavailable_server_and_an_unknown_version_are_reported(
    compare: Compare, unused_tcp_port: int
) -> None:
    nowhere = f"http://127.0.0.1:{unused_tcp_port}/v1"

    unavailable, unknown = compare(nowhere), compare(nowhere, version="v9")

    assert (unavailable.exit_code, unknown.exit_code) == (1, 1)
    assert f"{nowhere}: " in unavailable.stderr
    assert "no version v9" in unknown.stderr
    assert "registered: v1" in unknown.stderr
