"""The embedding without a download: words and character n-grams, hashed into 768 dimensions.

The hashing trick of Weinberger et al. 2009 (arXiv:0902.2206), with the n-grams of delimited words
of Bojanowski et al. 2017 (arXiv:1607.04606). CRC-32 is the same on every machine and version.
"""

import re
from functools import lru_cache
from math import sqrt
from zlib import crc32

import numpy as np

from ratchet_ranking.embedding import WIDTH
from ratchet_ranking.features import Vector

_WORD = re.compile(r"\w+")
_SIZES = (3, 4, 5)
_MAX_TEXT = 2_000
_MAX_WORD = 40
_GRAMS_WEIGHT = 0.7


class HashingEmbedding:
    """Embeds the first 2,000 characters of a text."""

    name = "hashing-768-1"
    quick = True

    def embed(self, text: str) -> Vector:
        words = _WORD.findall(text[:_MAX_TEXT].casefold())
        if not words:
            return np.zeros(WIDTH, np.float32)
        dimensions, weights = zip(*map(_of_word, words), strict=True)
        whole = np.bincount(np.concatenate(dimensions), np.concatenate(weights), WIDTH)
        length = sqrt(whole.dot(whole))
        return (whole / length if length else whole).astype(np.float32)


@lru_cache(maxsize=8_192)
def _of_word(word: str) -> tuple[np.ndarray, np.ndarray]:
    """The dimensions and signed weights of a word: 1 for the word, 0.7 in total for its n-grams."""
    marked = f"<{word[:_MAX_WORD]}>"
    grams = [marked[at : at + size] for size in _SIZES for at in range(len(marked) - size + 1)]
    hashes = np.array([crc32(part.encode()) for part in (f"={word}", *grams)], np.uint32)
    weights = np.full(len(hashes), _GRAMS_WEIGHT / np.sqrt(max(len(grams), 1)))
    weights[0] = 1.0
    weights[hashes >> 31 == 1] *= -1
    return (hashes % WIDTH).astype(np.int64), weights
