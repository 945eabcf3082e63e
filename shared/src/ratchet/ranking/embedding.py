"""Texts as vectors, behind one port: what a scorer was trained on is what it is served with."""

from typing import Protocol

from ratchet.ranking.features import TEXT, Vector

WIDTH = TEXT.stop - TEXT.start


class UnusableEmbedding(ValueError):
    """The embedding that was asked for cannot be had; the message says what to do."""


class Embedding(Protocol):
    """`name` stands for every detail that decides about a vector."""

    @property
    def name(self) -> str: ...

    @property
    def quick(self) -> bool:
        """Whether an event loop can wait for it."""
        ...

    def embed(self, text: str) -> Vector:
        """A vector (768,) of length 1; of length 0 for a text without words."""
        ...
