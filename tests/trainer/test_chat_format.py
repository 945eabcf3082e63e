"""A run trains, judges and records its references with one pinned chat template."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from ratchet.contract import CheckpointReady, RunFinished, one_turn
from ratchet_models import AdapterManifest
from ratchet_models.base_models import materialize
from ratchet_models.references_file import read_references
from ratchet_testing.dated_template import DATED
from ratchet_text import pinned_template
from trainer.backends.run_process.child_run import TrainingImpossible
from trainer.domain.evaluation.gate_rules import GateRules
from trainer.domain.evaluation.reference_chats import reference_request
from trainer.domain.runs.child_messages import TrainingResult, TrainRequest
from trainer.settings import TrainerSettings

from .conftest import FakeRunner, judged
from .harness import TrainerHarness
from .real_run import Listener, request_for, train, train_here
from .tiny_model import write_tiny_model

NO_SYSTEM = (
    """{%- if messages[0].role == 'system' %}
{{- raise_exception('System role not supported') }}{%- endif %}"""
    + DATED
)
NEEDS_TOOLS = "{%- for tool in tools %}{%- endfor %}" + DATED
NEEDS_PARTS = "{%- for message in messages %}{{- message.content[0].text }}{%- endfor %}"
BETTER = judged(0.9, 0.6, 1.0)


@pytest.fixture(scope="module")
def packaged(cache_dir: Path) -> Path:
    return materialize("smollm2-135m-instruct", cache_dir)


def tokenizer_with(packaged: Path, template: Any) -> Any:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(packaged)
    tokenizer.chat_template = template
    return tokenizer


def base_with(template: str | None, directory: Path, cache_dir: Path) -> str:
    """A tiny model with another chat template, or with none."""
    base = write_tiny_model(directory / "base", cache_dir)
    (base / "chat_template.jinja").unlink(missing_ok=True)
    path = base / "tokenizer_config.json"
    about = {k: v for k, v in json.loads(path.read_text()).items() if k != "chat_template"}
    path.write_text(json.dumps(about if template is None else {**about, "chat_template": template}))
    return str(base)


@pytest.mark.heavy
@pytest.mark.parametrize("named", [False, True])
def test_training_reads_neither_the_date_nor_thinking(packaged: Path, named: bool):
    from trainer.backends.language_model.base_model import Base
    from trainer.backends.language_model.chat_format import use_chat_template
    from trainer.backends.language_model.chat_tokens import TokenizedChats

    own = {"default": DATED, "tool_use": NEEDS_TOOLS} if named else DATED
    base = Base(None, tokenizer_with(packaged, own))
    use_chat_template(base.tokenizer, None)

    assert base.chat_template == pinned_template(DATED)
    assert base.rendered(one_turn("Warm?")) == (
        "Today: 26 Jul 2024\n<|im_start|>user\nWarm?<|im_end|>\n<|im_start|>assistant\n"
    )
    read = TokenizedChats(base.tokenizer).ids(one_turn("Warm?"))
    assert base.tokenizer.decode(read) == base.rendered(one_turn("Warm?"))


@pytest.mark.heavy
def test_a_given_template_replaces_the_bases_own(packaged: Path):
    from trainer.backends.language_model.chat_format import use_chat_template

    tokenizer = tokenizer_with(packaged, NEEDS_TOOLS)
    use_chat_template(tokenizer, DATED)
    assert tokenizer.chat_template == pinned_template(DATED)


@pytest.mark.heavy
@pytest.mark.parametrize(("template", "takes"), [(DATED, True), (NO_SYSTEM, False)])
def test_a_template_that_refuses_a_system_message_is_known(
    packaged: Path, template: str, takes: bool
):
    from trainer.backends.language_model.base_model import Base
    from trainer.backends.language_model.chat_format import use_chat_template

    base = Base(None, tokenizer_with(packaged, template))
    use_chat_template(base.tokenizer, None)
    assert base.takes_system_message is takes


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("template", "problem"),
    [
        (None, "has no chat template: set RATCHET_TRAINER_BASE_MODEL to its variant for chats"),
        ({"rag": DATED}, "has no chat template"),
        (NEEDS_TOOLS, "cannot render a question .it raises TypeError"),
        (NEEDS_PARTS, "cannot render a question"),
        ("{{- bos_token }}", "the question is not in the rendered text"),
        ("{%- for %}", "it raises TemplateSyntaxError"),
    ],
)
def test_a_base_without_a_usable_template_is_refused_with_the_setting(
    packaged: Path, template: Any, problem: str
):
    from trainer.backends.language_model.chat_format import UnusableChatTemplate, use_chat_template

    with pytest.raises(UnusableChatTemplate, match=problem) as refused:
        use_chat_template(tokenizer_with(packaged, template), None)
    assert "RATCHET_TRAINER_CHAT_TEMPLATE_FILE" in str(refused.value)


@pytest.mark.heavy
def test_a_run_on_a_base_without_a_template_ends_at_its_start(tmp_path: Path, cache_dir: Path):
    request = request_for(tmp_path, cache_dir, base_with(None, tmp_path, cache_dir))
    listener = Listener()
    with pytest.raises(TrainingImpossible, match="has no chat template") as refused:
        train(request, listener)
    assert refused.value.end.of_base
    assert listener.stages() == ["loading"]
    assert not request.result.exists()


@pytest.mark.heavy
def test_the_given_template_is_trained_with_and_recorded(tmp_path: Path, cache_dir: Path):
    from trainer.reference.recording import record

    file = tmp_path / "mine.jinja"
    file.write_text(NO_SYSTEM)
    request = request_for(tmp_path, cache_dir, base_with(None, tmp_path, cache_dir))
    request = request.model_copy(update={"chat_template": file})
    trained = train_here(request)

    assert trained.chat_template == pinned_template(NO_SYSTEM)
    assert trained.remark == "; no system message: the chat template refuses one"
    asked = reference_request(request, trained).model_copy(update={"spoken": (one_turn("Warm?"),)})
    record(asked)
    references = read_references(asked.target)
    assert references.chat_template == trained.chat_template
    assert references.chats[0].rendered.startswith("Today: 26 Jul 2024\n")
    assert references.chats[0].rendered.endswith("<|im_start|>assistant\n")


class WithTemplate(FakeRunner):
    """Reports the template of the request, and that it takes no system message."""

    async def train(self, request: TrainRequest, on_progress: Any) -> TrainingResult:
        trained = await super().train(request, on_progress)
        assert request.chat_template is not None
        text = request.chat_template.read_text()
        return trained.model_copy(update={"chat_template": text, "system_message": False})


async def test_the_manifest_has_the_hash_and_the_report_the_missing_system_message(
    engine: Engine, tmp_path: Path
):
    file = tmp_path / "mine.jinja"
    file.write_text("{{ messages[0].content }}")
    harness = TrainerHarness(engine, tmp_path, chat_template=file)
    harness.pairs_come(0, 20)
    await harness.training(WithTemplate(BETTER)).turn()

    [finished] = harness.published(RunFinished)
    assert finished.reason.endswith("; no system message: the chat template refuses one")
    [checkpoint] = harness.published(CheckpointReady)
    content = harness.artifacts.verified(checkpoint.manifest).read_bytes()
    manifest = AdapterManifest.model_validate_json(content)
    assert manifest.chat_template_sha256 == hashlib.sha256(file.read_bytes()).hexdigest()


def test_the_setting_names_a_file_or_nothing(tmp_path: Path):
    with pytest.raises(ValueError, match="' is no file: set the path of a Jinja file"):
        TrainerSettings(trainer_chat_template_file=tmp_path / "missing.jinja")
    empty = TrainerSettings.model_validate({"trainer_chat_template_file": ""})
    assert empty.trainer_chat_template_file is None


async def test_a_run_keeps_the_template_of_its_first_attempt(engine: Engine, tmp_path: Path):
    file = tmp_path / "mine.jinja"
    file.write_text("first")
    harness = TrainerHarness(engine, tmp_path, chat_template=file)
    harness.pairs_come(0, 20)
    run = harness.training(FakeRunner(BETTER)).planner.open_run()
    assert run is not None

    def read() -> str:
        kept = harness.files.train_request(run, tmp_path, GateRules()).chat_template
        assert kept is not None
        return kept.read_text()

    assert read() == "first"
    file.write_text("second")
    assert read() == "first"
