"""`python -m exporter trial`: what a run of the configured base would meet at its end."""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from exporter.__main__ import main
from exporter.domain.trial import TrialMessage, TrialModel, TrialRefused, TrialRequest
from exporter.export.trial_model import make
from ratchet_models.base_models import materialize
from ratchet_testing.asgi_server import serving
from ratchet_testing.eventually import eventually
from ratchet_testing.ollama_server.server import OllamaStandIn
from ratchet_testing.valkey import free_port

from ..llama_server import LlamaServer

pytestmark = pytest.mark.heavy

LLAMA_8B: dict[str, Any] = {
    "hidden_size": 4096,
    "head_dim": 128,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "vocab_size": 128256,
    "tie_word_embeddings": False,
}


@pytest.fixture
def base(cache_dir: Path, tmp_path: Path) -> Path:
    """Configuration and tokenizer of the packaged model, without its weights."""
    source, target = materialize("smollm2-135m-instruct", cache_dir), tmp_path / "base"
    target.mkdir()
    for path in source.iterdir():
        if path.suffix != ".safetensors":
            shutil.copy(path, target)
    return target


@pytest.fixture
async def server(ollama: OllamaStandIn) -> AsyncIterator[str]:
    port = free_port()
    async with serving(ollama.app, port):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def small_model_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The small model is made in this process, which has imported torch already."""

    async def made_here(_: str, request: TrialRequest, on_line: Any, __: Any) -> None:
        message = await asyncio.to_thread(make, request)
        await on_line(message.model_dump_json().encode())

    monkeypatch.setattr("exporter.export.base_trial.run_child", made_here)


async def tried(base: Path, data_dir: Path, url: str = "", **settings: str) -> dict[str, Any]:
    """The command's JSON, with the checks by name."""
    environment = {
        "RATCHET_TRAINER_BASE_MODEL": str(base),
        "RATCHET_EXPORTER_OLLAMA_URL": url,
        "RATCHET_DATA_DIR": str(data_dir),
        **settings,
    }
    runner = CliRunner(env=environment)
    result = await asyncio.to_thread(runner.invoke, main, ["trial", "--json"])
    trial = json.loads(result.stdout)
    trial["checks"] = {check["name"]: check for check in trial["checks"]}
    levels = {check["level"] for check in trial["checks"].values()}
    assert result.exit_code == (1 if "fail" in levels else 0)
    return trial


def made(base: Path, directory: Path, template: str | None = None) -> TrialMessage:
    """The small model alone, without an export."""
    request = TrialRequest(
        base_model=str(base),
        cache_dir=directory / "cache",
        artifacts_dir=directory / "artifacts",
        work_dir=directory / "work",
        chat_template=template,
    )
    return make(request)


def change(file: Path, **values: Any) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text()), **values}))


# Each version of the server is tried in test_trial_registration.
@pytest.mark.parametrize("ollama", ["new"], indirect=True)
@pytest.mark.usefixtures("small_model_here")
async def test_a_base_of_8b_parameters_is_tried_by_its_configuration_alone(
    base: Path, server: str, ollama: OllamaStandIn, tmp_path: Path
):
    change(base / "config.json", **LLAMA_8B)
    trial = await tried(base, tmp_path / "data", server)
    assert trial["parameters"] == 8_030_261_248
    checks = trial["checks"]
    assert {name: check["level"] for name, check in checks.items()} == {
        "chat format": "ok",
        "trial export": "ok",
        "trial registration": "ok",
    }
    assert ollama.creations >= 1
    assert ollama.tags == {}
    assert left_by_trials(tmp_path / "data") == []


@pytest.mark.usefixtures("small_model_here")
async def test_a_llama_server_is_tried_in_the_directory_that_it_serves(base: Path, tmp_path: Path):
    llama = LlamaServer(tmp_path / "data" / "registry" / "cc-widget-selector")
    async with serving(llama.app, port := free_port()):
        url = f"http://127.0.0.1:{port}"
        trial = await tried(base, tmp_path / "data", RATCHET_EXPORTER_LLAMA_SERVER_URL=url)
    check = trial["checks"]["trial registration"]
    assert check["level"] == "ok", check
    assert check["found"].startswith("llama-server b9999-local")
    assert check["top1"] > 0.98
    assert not any(llama.directory.glob("*"))


@pytest.mark.usefixtures("small_model_here")
async def test_a_base_whose_configuration_transformers_does_not_know_fails_the_trial(
    base: Path, tmp_path: Path
):
    change(base / "config.json", model_type="olmo3_of_tomorrow")
    checks = (await tried(base, tmp_path / "data"))["checks"]
    assert checks["chat format"]["level"] == "fail"
    assert "olmo3_of_tomorrow" in checks["chat format"]["found"]


@pytest.mark.parametrize("architecture", ["OPTForCausalLM", "PlantForCausalLM"])
def test_an_architecture_that_llama_cpp_does_not_know_is_refused_by_its_name(
    base: Path, tmp_path: Path, architecture: str
):
    """As in the base's configuration, which another model's class may read."""
    change(base / "config.json", architectures=[architecture])
    refused = made(base, tmp_path)
    assert isinstance(refused, TrialRefused)
    assert refused.reason == f"llama.cpp's converter: Architecture '{architecture}' not supported!"
    assert "whose architecture and tokenizer llama.cpp converts" in refused.remedy
    assert refused.parameters is not None and refused.parameters > 100_000_000


async def test_a_killed_trial_leaves_nothing_to_the_next(base: Path, tmp_path: Path):
    """The process has no time to clean up, and its children end with it."""
    data = tmp_path / "data"
    environment = {
        **os.environ,
        "RATCHET_TRAINER_BASE_MODEL": str(base),
        "RATCHET_EXPORTER_OLLAMA_URL": "",
        "RATCHET_DATA_DIR": str(data),
    }
    command = (sys.executable, "-m", "exporter", "trial")
    process = await asyncio.create_subprocess_exec(*command, env=environment)

    async def at_work() -> bool:
        return bool(list(data.glob("work/trial-command/adapter/*")))

    await eventually(at_work, 60)
    process.kill()
    await process.wait()
    assert left_by_trials(data)
    checks = (await tried(base, data))["checks"]
    assert checks["trial export"]["level"] == "ok", checks
    assert left_by_trials(data) == []


def left_by_trials(data: Path) -> list[Path]:
    return list(data.glob("work/trial-*/*"))


def test_a_base_without_a_chat_template_is_refused_with_both_remedies(base: Path, tmp_path: Path):
    (base / "chat_template.jinja").unlink(missing_ok=True)
    change(base / "tokenizer_config.json", chat_template=None)
    refused = made(base, tmp_path)
    assert isinstance(refused, TrialRefused)
    assert "no chat template" in refused.reason
    assert "RATCHET_TRAINER_BASE_MODEL" in refused.remedy
    assert "RATCHET_TRAINER_CHAT_TEMPLATE_FILE" in refused.remedy
    assert refused.parameters is not None and refused.parameters > 100_000_000


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        (
            "{% for tool in tools %}{{ tool }}{% endfor %}{{ messages[0].content }}",
            "TypeError: 'NoneType' object is not iterable",
        ),
        ("{{ raise_exception('not today') }}", "TemplateError: not today"),
        ("{{ bos_token }}Hello", "the question is not in the rendered text"),
        ("{% for %}", "TemplateSyntaxError"),
    ],
)
def test_a_template_that_renders_no_question_is_named_with_its_error(
    base: Path, tmp_path: Path, template: str, reason: str
):
    refused = made(base, tmp_path, template)
    assert isinstance(refused, TrialRefused)
    assert reason in refused.reason


def test_a_template_without_system_messages_is_noted(base: Path, tmp_path: Path):
    plain = (
        "{% for message in messages %}<|im_start|>{{ message.role }}\n"
        "{{ message.content }}<|im_end|>\n{% endfor %}<|im_start|>assistant\n"
    )
    strict = "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    takes = [
        made(base, tmp_path / str(at), text) for at, text in enumerate((plain, strict + plain))
    ]
    assert [isinstance(one, TrialModel) and one.takes_system for one in takes] == [True, False]


def test_a_base_that_is_nowhere_is_refused_by_its_name(tmp_path: Path):
    refused = made(tmp_path / "nowhere", tmp_path)
    assert isinstance(refused, TrialRefused)
    assert "nowhere" in refused.reason
    assert "copy the model's directory" in refused.remedy


@pytest.mark.usefixtures("small_model_here")
async def test_a_tokenizer_that_the_converter_does_not_know_fails_the_export(
    base: Path, tmp_path: Path
):
    path = base / "tokenizer.json"
    tokenizer = json.loads(path.read_text())
    tokenizer["pre_tokenizer"] = {
        "type": "ByteLevel",
        "add_prefix_space": False,
        "trim_offsets": True,
        "use_regex": False,
    }
    path.write_text(json.dumps(tokenizer))
    check = (await tried(base, tmp_path / "data"))["checks"]["trial export"]
    assert check["level"] == "fail"
    assert "pre-tokenizer" in check["found"]
    assert "RATCHET_TRAINER_BASE_MODEL" in check["mend"]
