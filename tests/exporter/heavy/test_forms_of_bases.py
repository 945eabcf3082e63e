"""Bases whose files, names, end tokens and tokenizers are as real ones have them."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from exporter.backends.gguf.convert import convert
from exporter.backends.gguf.llama import open_model
from exporter.backends.gguf.weight_audit import audit
from ratchet.storage import sha256_of

from .bases import write_base
from .built_files import assert_is_the_trained_model, plain
from .conftest import Build
from .tokenizers import llama3, qwen, sentences

pytestmark = pytest.mark.heavy
TEXT = "¿Qué tal?  It's 1234567,5 °C\n\n at P-101A\t— 泵2 ☃ he'll\r\n  x = y;  \n"


def test_a_snapshot_of_the_hub_has_the_name_of_its_repository(built: Build, tmp_path: Path) -> None:
    """llama.cpp removes spaces after the special tokens of a model with this name."""
    hub = tmp_path / "models--microsoft--Phi-3-mini-4k-instruct" / "snapshots" / ("0a67737c" * 5)
    steps = built(write_base("phi 3", hub, sentences))
    with open_model(steps.f16(), context=64) as model:
        assert model._model.metadata["general.name"] == "Phi-3-mini-4k-instruct"
        assert model.tokens("<|user|>\n  x") == model.tokens("<|user|>x")


def test_another_architecture_is_converted_whole(built: Build, tmp_path: Path) -> None:
    base = write_base("llama 3.2", tmp_path / "base", sentences)
    path = base / "config.json"
    path.write_text(path.read_text().replace('"LlamaFor', '"LLaMAFor'))
    steps = built(base)

    assert steps.assembly == "converted"
    assert sha256_of(steps.f16()) == sha256_of(plain(steps, tmp_path / "merged"))
    assert_is_the_trained_model(steps)
    assert audit(steps.f16(), steps.base_gguf(), steps.merged) is None


def test_weights_in_shards_and_beside_other_copies_give_the_same_file(
    built: Build, tmp_path: Path
) -> None:
    """The other copies are those of another model: whoever reads them notices."""
    from transformers import AutoModelForCausalLM

    whole = write_base("mistral", tmp_path / "whole" / "base", sentences)
    other = write_base("mistral", tmp_path / "other", sentences, seed=2)
    shards = tmp_path / "shards" / "base"
    shutil.copytree(whole, shards)
    (shards / "model.safetensors").unlink()
    AutoModelForCausalLM.from_pretrained(whole).save_pretrained(shards, max_shard_size="1MB")
    for copy in ("consolidated.safetensors", "model-00001-of-00001.safetensors"):
        shutil.copy(other / "model.safetensors", shards / copy)
    first, second = built(whole), built(shards)

    assert len(list(shards.glob("model-*"))) > 3
    assert first.parameters == second.parameters
    assert sha256_of(first.base_gguf().path) == sha256_of(second.base_gguf().path)
    assert_is_the_trained_model(second)


def test_every_end_token_of_the_base_ends_an_answer(built: Build, tmp_path: Path) -> None:
    """One is the tokenizer's, llama.cpp knows the second, the file has the other two."""
    base = write_base("gemma 2", tmp_path / "base", sentences)
    path = base / "generation_config.json"
    path.write_text(json.dumps({"eos_token_id": [2, 5, 401, 400]}))
    steps = built(base)
    with open_model(steps.f16(), context=64) as model:
        assert [token for token in range(600) if model.ends(token)] == [2, 5, 400, 401]
        assert model.end_of_turn == 2
    assert sha256_of(steps.f16()) == sha256_of(plain(steps, tmp_path / "merged"))


@pytest.mark.usefixtures("converts_here")
@pytest.mark.parametrize(
    ("family", "write_tokenizer", "kind", "ends"),
    [("llama 3.1", llama3, "llama-bpe", 128009), ("qwen 3", qwen, "qwen2", 151645)],
)
def test_a_real_tokenizer_splits_as_in_transformers(
    tmp_path: Path, family: str, write_tokenizer: Any, kind: str, ends: int
) -> None:
    from transformers import AutoTokenizer

    base = write_base(family, tmp_path / "base", write_tokenizer)
    convert(base, tmp_path / "f16.gguf")
    tokenizer = AutoTokenizer.from_pretrained(base)
    chat: Any = [{"role": "user", "content": TEXT}]
    rendered = tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
    with open_model(tmp_path / "f16.gguf", context=64) as model:
        assert model.render(chat) == rendered
        assert model.tokens(rendered) == tokenizer(rendered, add_special_tokens=False)["input_ids"]
        assert model.end_of_turn == ends == tokenizer.eos_token_id
        assert model._model.metadata["tokenizer.ggml.pre"] == kind
