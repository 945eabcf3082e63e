"""Loads the embedding that the settings name."""

from pathlib import Path

from ratchet_ranking.embedding import Embedding, UnusableEmbedding
from ratchet_ranking.hashing import HashingEmbedding

HASHING = "hashing"
_SENTENCE = "sentence-transformers:"


def embedding_named(name: str, cache_dir: Path) -> Embedding:
    """`hashing`, or `sentence-transformers:` followed by a model's id or directory.

    A downloaded model is cached in `cache_dir`. Raises `UnusableEmbedding`.
    """
    if name == HASHING:
        return HashingEmbedding()
    model = name.removeprefix(_SENTENCE)
    if model and model != name:
        from ratchet_ranking.sentence import SentenceEmbedding

        return SentenceEmbedding(model, cache_dir)
    message = (
        f"RATCHET_EMBEDDING is {name!r}. Set it to {HASHING!r}, or to {_SENTENCE!r} followed by "
        "a model's id or directory."
    )
    raise UnusableEmbedding(message)
