"""An embedding by a sentence-transformers model (Reimers and Gurevych 2019, arXiv:1908.10084)."""

import re
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from ratchet_models.base_models import BaseModelMissing, materialize, weights_sha256
from ratchet_ranking.embedding import WIDTH, UnusableEmbedding
from ratchet_ranking.features import Vector

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_WORD = re.compile(r"\w")
_MAX_TEXT = 2_000
_CACHED = 1_024
_PROBE = "What is the power of pump 001?"


class SentenceEmbedding:
    """Embeds the first 2,000 characters of a text, on the CPU.

    `model` is a directory, or a Hugging Face id that is cached in `cache_dir`. A vector of fewer
    than 768 dimensions is padded with zeros. Raises `UnusableEmbedding`.
    """

    quick = False

    def __init__(self, model: str, cache_dir: Path) -> None:
        try:
            directory = materialize(model, cache_dir)
        except (BaseModelMissing, ImportError) as error:
            raise _unusable(model, error) from error
        self._model = _loaded(model, directory)
        _refuse_random_weights(model, self._model, _loaded(model, directory))
        self.name = f"sentence-transformers:{model}@{weights_sha256(directory)[:12]}"
        self._lock = Lock()
        self._recent = lru_cache(maxsize=_CACHED)(self._embed)

    def embed(self, text: str) -> Vector:
        return self._recent(text[:_MAX_TEXT])

    def _embed(self, text: str) -> Vector:
        whole = np.zeros(WIDTH, np.float32)
        if _WORD.search(text):
            with self._lock:
                vector = _encoded(self._model, text)
            whole[: len(vector)] = vector
        whole.flags.writeable = False
        return whole


def _loaded(model: str, directory: Path) -> "SentenceTransformer":
    """Loads with one thread: on busy cores, several threads wait for each other."""
    try:
        import torch
        from safetensors import SafetensorError
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise _unusable(model, error) from error
    torch.set_num_threads(1)
    if not (directory / "modules.json").is_file():
        raise _unusable(model, f"no modules.json in {directory}")
    try:
        return SentenceTransformer(
            str(directory),
            device="cpu",
            local_files_only=True,
            model_kwargs={"dtype": "float32"},
        )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise _unusable(model, error) from error


def _refuse_random_weights(
    name: str, model: "SentenceTransformer", again: "SentenceTransformer"
) -> None:
    """Raises `UnusableEmbedding` if two loads differ: weights missing from the files are random."""
    vector = _encoded(model, _PROBE)
    if len(vector) > WIDTH:
        raise _unusable(name, f"it has {len(vector)} dimensions, more than {WIDTH}")
    if not np.isfinite(vector).all():
        raise _unusable(name, "its vectors are not finite")
    if not np.allclose(vector, _encoded(again, _PROBE), atol=1e-3):
        raise _unusable(name, "its files lack weights that its vectors depend on")


def _encoded(model: "SentenceTransformer", text: str) -> Vector:
    """A vector of length 1; lone surrogates, which tokenizers reject, are replaced."""
    readable = text.encode(errors="replace").decode()
    vector: Vector = model.encode(readable, normalize_embeddings=True, show_progress_bar=False)
    return vector


def _unusable(model: str, why: object) -> UnusableEmbedding:
    return UnusableEmbedding(
        f"RATCHET_EMBEDDING names the model {model!r}, which cannot be used ({why}). Install "
        "'ratchet-ranking[sentence]' and set it to the directory of a sentence-transformers model, "
        "or to an id that can be downloaded once."
    )
