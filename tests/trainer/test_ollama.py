"""Ollama's models are unloaded before a run and loaded again after it, however it ends."""

from contextlib import suppress
from pathlib import Path

import pytest

from ratchet_testing.valkey import free_port
from trainer.backends.machine.ollama import Ollama, ollama_at
from trainer.backends.run_process.child_run import ChildRunner, TrainingBroke
from trainer.domain.runs.child_messages import TrainingProgress
from trainer.settings import TrainerSettings
from trainer.training.cancellation import RunAborted, abort_on_cancellation

from .ollama_server import ollama_server
from .scripted_child import FOREVER, End, request_in, scripted, trained

MODELS = ("plant:v3", "embed:latest")
ROUND = ["unload plant:v3", "unload embed:latest", "load plant:v3", "load embed:latest"]


async def unheard(progress: TrainingProgress) -> None:
    pass


async def test_loaded_models_are_unloaded_and_loaded_again():
    with ollama_server(*MODELS) as server:
        async with Ollama(server.url).unloaded():
            assert server.loaded == []
        assert server.loaded == list(MODELS)
        assert server.requests == ROUND


async def test_without_loaded_models_no_request_is_sent():
    with ollama_server() as server:
        async with Ollama(server.url).unloaded():
            pass
        assert server.requests == []


async def test_a_rejected_request_does_not_affect_other_models():
    with ollama_server(*MODELS, stubborn="plant:v3") as server:
        async with Ollama(server.url).unloaded():
            assert server.loaded == ["plant:v3"]
        assert server.loaded == list(MODELS)
        assert server.requests == ["unload plant:v3", "unload embed:latest", "load embed:latest"]


async def test_a_model_is_loaded_again_even_if_unloading_was_cancelled():
    async def makes_room(ollama: Ollama) -> None:
        async with ollama.unloaded():
            raise AssertionError("it had not been answered")

    with ollama_server(*MODELS, slow="embed:latest") as server:

        def cancelled_by() -> str | None:
            return None if server.loaded else "anna"

        with pytest.raises(RunAborted):
            await abort_on_cancellation(makes_room(Ollama(server.url)), cancelled_by, 0.02, 60)
        assert server.requests == ROUND
        assert server.loaded == list(MODELS)
        server.may_answer.set()


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}", "http://not a url:1", "nonsense"])
async def test_an_unreachable_ollama_fails_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
):
    scripted(monkeypatch, trained(tmp_path))
    runner = ChildRunner(Ollama(url.format(port=free_port()), timeout_s=1))
    assert await runner.train(request_in(tmp_path), unheard) == trained(tmp_path)


@pytest.mark.parametrize(
    ("end", "cancelled", "limit_s"),
    [("trained", False, 60), (1, False, 60), (FOREVER, True, 60), (FOREVER, False, 2)],
    ids=["success", "failure", "cancel", "time limit"],
)
async def test_models_are_loaded_again_however_the_run_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: End, cancelled: bool, limit_s: float
):
    child = scripted(monkeypatch, trained(tmp_path) if end == "trained" else end)
    with ollama_server(*MODELS) as server:

        def cancelled_by() -> str | None:
            return "anna" if cancelled and child.running else None

        during: list[list[str]] = []
        child.on_start = lambda: during.append(list(server.loaded))
        work = ChildRunner(ollama_at(server.url)).train(request_in(tmp_path), unheard)
        with suppress(RunAborted, TrainingBroke):
            await abort_on_cancellation(work, cancelled_by, 0.02, limit_s)
        assert (during, child.running) == ([[]], 0)
        assert server.requests == ROUND
        assert server.loaded == list(MODELS)


async def test_an_ended_run_sends_no_request_to_ollama(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    scripted(monkeypatch, trained(tmp_path))
    await ChildRunner().train(request_in(tmp_path), unheard)
    with ollama_server(*MODELS) as server:
        await ChildRunner(Ollama(server.url)).train(request_in(tmp_path), unheard)
        assert server.requests == []


def test_without_an_address_there_is_no_ollama():
    assert ollama_at(TrainerSettings().trainer_ollama_url) is None
