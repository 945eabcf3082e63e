"""The exported file has the chat template that the reference answers were recorded with."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from exporter.backends.directories import exclusive
from exporter.backends.gguf.convert import convert
from exporter.backends.gguf.llama import open_model
from exporter.backends.gguf.templated_base import link_base
from exporter.domain.export_messages import ExportRefused
from exporter.export.build_inputs import open_build, read_reference_chats, verify_base
from exporter.export.quantization_search import ChosenFile, choose_format
from exporter.export.request import ExportRequest
from exporter.export.stage_clock import StageClock
from ratchet.contract import one_turn
from ratchet.storage import ArtifactStore
from ratchet_models.references_file import read_references, references_bytes
from ratchet_testing.dated_template import DATED
from ratchet_text import pinned_template

from .bases import write_base
from .built_files import request_for
from .tokenizers import packaged

pytestmark = [pytest.mark.heavy, pytest.mark.usefixtures("converts_here")]

CONFIG, JINJA = "tokenizer_config.json", "chat_template.jinja"


def exported(request: ExportRequest) -> ChosenFile | ExportRefused:
    with exclusive(request.work_dir):
        steps = open_build(request)
        verify_base(request, steps.base)
        references = read_reference_chats(request)
        return choose_format(request, steps, references, StageClock(lambda _: None))


def template_in(gguf: Path) -> str | None:
    with open_model(gguf, context=64) as model:
        return model.chat_template


def test_a_template_with_date_and_thinking_is_exported_as_it_was_trained(
    tmp_path: Path, cache_dir: Path, train: Any
):
    base = write_base("llama 3.2", tmp_path / "tiny", packaged(cache_dir))
    (base / JINJA).write_text(DATED)
    artifacts = ArtifactStore(tmp_path / "artifacts")
    request = request_for(tmp_path, train(str(base), artifacts))

    chosen = exported(request)
    assert isinstance(chosen, ChosenFile), chosen
    assert template_in(chosen.gguf) == pinned_template(DATED)
    references = read_reference_chats(request)
    assert references.chat_template == pinned_template(DATED)
    assert references.chats[0].rendered.startswith("Today: 26 Jul 2024\n<|im_start|>user\n")


def test_references_of_an_earlier_release_keep_their_template(
    tmp_path: Path, cache_dir: Path, train: Any
):
    base = write_base("llama 3.2", tmp_path / "tiny", packaged(cache_dir))
    own = json.loads((base / CONFIG).read_text())["chat_template"]
    artifacts = ArtifactStore(tmp_path / "artifacts")
    manifest = train(str(base), artifacts)
    references = read_references(artifacts.path(manifest.references))
    (tmp_path / "earlier").write_bytes(references_bytes(replace(references, chat_template=own)))
    earlier = artifacts.put(tmp_path / "earlier")

    chosen = exported(request_for(tmp_path, manifest.model_copy(update={"references": earlier})))
    assert isinstance(chosen, ChosenFile), chosen
    assert template_in(chosen.gguf) == own


def test_a_date_printed_on_another_day_is_no_fault(tmp_path: Path, cache_dir: Path):
    base = write_base("llama 3.2", tmp_path / "tiny", packaged(cache_dir))
    link_base(base, DATED, tmp_path / "linked")
    convert(tmp_path / "linked" / "tiny", tmp_path / "f16.gguf")
    text = "<|im_start|>user\nWarm?<|im_end|>\n<|im_start|>assistant\n<think>"
    with open_model(tmp_path / "f16.gguf", context=64) as model:
        assert model.chat_template == DATED
        assert model.renders(one_turn("Warm?"), f"Today: 29 Nov 2026\n{text}")
        assert not model.renders(one_turn("Warm?"), f"Today: \n{text}")
        assert not model.renders(one_turn("Warm?"), f"Today: 29 Nov 2026\n{text}\n")
        assert not model.renders(one_turn("Cold?"), f"Today: 29 Nov 2026\n{text}")


@pytest.mark.parametrize("place", [CONFIG, JINJA, "chat_template.json", None])
def test_the_linked_base_has_one_template_wherever_the_base_has_its_own(
    tmp_path: Path, place: str | None
):
    base = tmp_path / "base"
    base.mkdir()
    (base / "model.safetensors").write_bytes(b"weights")
    (base / "LICENSE").write_text("mit")
    if place is not None:
        (base / place).write_text(json.dumps({"chat_template": "own", "model_max_length": 9}))
    link_base(base, "recorded €", tmp_path / "linked")

    linked = tmp_path / "linked" / "base"
    assert {path.name for path in linked.iterdir()} == {"model.safetensors", "LICENSE", CONFIG}
    assert (linked / "model.safetensors").read_bytes() == b"weights"
    about = json.loads((linked / CONFIG).read_bytes())
    assert about["chat_template"] == "recorded €"
    assert ("model_max_length" in about) == (place == CONFIG)
    if place is not None:
        assert "own" in (base / place).read_text()
