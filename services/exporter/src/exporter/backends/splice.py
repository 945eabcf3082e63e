"""Put merged weights into the place of the base's in its converted file."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from exporter.backends.base_gguf import BaseGguf, stored
from exporter.backends.lora import Merged


def spliceable(base: BaseGguf, merged: Merged) -> bool:
    """Whether every adapted weight has a place of its own in the base's file."""
    return merged.adapted <= base.places.keys()


def splice(base: BaseGguf, merged: Merged, target: Path) -> None:
    """Write the f16 GGUF of `merged` to `target`: the bytes that converting it would give."""
    shutil.copyfile(base.path, target)
    with target.open("r+b") as file, ThreadPoolExecutor(os.cpu_count()) as pool:

        def put(name: str) -> None:
            place = base.places[name]
            os.pwrite(file.fileno(), stored(merged.read(name), place).tobytes(), place.offset)

        for _ in pool.map(put, sorted(merged.adapted)):
            pass
