"""The packaged model unpacked from its GGUF is the same model, tokenizer and chat format."""

from pathlib import Path

import pytest

from exporter.backends.gguf.llama import load
from ratchet_models.base_models import (
    PACKAGED,
    BaseModelMissing,
    materialize,
    packaged_gguf,
    weights_sha256,
)

pytestmark = pytest.mark.heavy
NAME = next(iter(PACKAGED))
TEXTS = [
    "What is the flow of Pump-3 in m³/h?   42,5 °C 1234567\n\nnext",
    "<|im_start|>user\nhi<|im_end|>\n",
    "émigré ☃ 日本語 I'm he'll\t\ttabs  \n \n  a",
    "",
]


def test_unpacking_twice_gives_the_same_directory_and_bytes(
    tmp_path: Path, cache_dir: Path
) -> None:
    first, second = materialize(NAME, tmp_path), materialize(NAME, cache_dir)

    assert materialize(NAME, tmp_path) == first
    assert first.name == second.name
    assert weights_sha256(first) == weights_sha256(second)
    assert [path.name for path in first.parent.iterdir() if path.is_dir()] == [first.name]


def test_the_unpacked_model_gives_the_logits_of_the_packaged_one(cache_dir: Path) -> None:
    import numpy as np
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from exporter.domain.parity.verdict import compare
    from ratchet_models import likeliest

    directory = materialize(NAME, cache_dir)
    tokenizer = AutoTokenizer.from_pretrained(directory)
    packaged = load(packaged_gguf(NAME), logits_all=True)
    for text in TEXTS:
        split = packaged.tokenize(text.encode(), add_bos=False, special=True)
        assert tokenizer(text)["input_ids"] == split
    assert tokenizer.chat_template == packaged.metadata["tokenizer.chat_template"]

    tokens = tokenizer("The pump runs at 1450 rpm and the water is warm enough.")["input_ids"]
    with torch.inference_mode():
        model = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32)
        ours = model(torch.tensor([tokens])).logits[0].numpy()
    packaged.eval(tokens)
    assert compare(likeliest(ours), np.array(packaged.scores[: len(tokens)])).kl < 0.01
    packaged.close()


def test_the_fast_gguf_reader_reads_the_same_as_the_library() -> None:
    import numpy as np
    from gguf import GGUFReader

    from ratchet_models.gguf_file import GgufFile

    ours, theirs = GgufFile(packaged_gguf(NAME)), GGUFReader(packaged_gguf(NAME))

    assert list(ours.fields) == list(theirs.fields)
    assert all(ours.fields[k].contents() == theirs.fields[k].contents() for k in theirs.fields)
    assert [tensor.name for tensor in ours.tensors] == [tensor.name for tensor in theirs.tensors]
    for one, other in zip(ours.tensors, theirs.tensors, strict=True):
        assert type(one.data) is np.ndarray
        assert np.array_equal(one.data, other.data)


def test_a_directory_is_used_unchanged(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").touch()

    assert materialize(str(tmp_path), tmp_path / "cache") == tmp_path


def test_a_directory_without_weights_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(BaseModelMissing, match=r"no \*\.safetensors; copy it again"):
        materialize(str(tmp_path), tmp_path / "cache")
