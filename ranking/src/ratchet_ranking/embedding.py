"""The port to text embeddings; a scorer serves with the embedding it was trained on."""

from typing import Protocol

from ratchet_ranking.features import TEXT, Vector

WIDTH = TEXT.stop - TEXT.start


class UnusableEmbedding(ValueError):
    """The configured embedding cannot be loaded; the message contains the remedy."""


class Embedding(Protocol):
    """`name` identifies every detail that determines a vector."""

    @property
    def name(self) -> str: ...

    @property
    def quick(self) -> bool:
        """Whether `embed` is fast enough to run in an event loop."""
        ...

    def embed(self, text: str) -> Vector:
        """A vector (768,) of length 1; of length 0 for a text without words."""
        ...
