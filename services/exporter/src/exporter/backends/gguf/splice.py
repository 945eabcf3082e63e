"""Put merged weights into the place of the base's in its converted file."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from exporter.backends.gguf.base_gguf import BaseGguf, stored
from exporter.backends.gguf.lora import Merged


def spliceable(base: BaseGguf, merged: Merged) -> bool:
    """Whether every adapted weight has a place of its own in the base's file."""
    return merged.adapted <= base.places.keys()


def splice(base: BaseGguf, merged: Merged, target: Path) -> None:
    """Write the f16 GGUF of `merged` to `target`: the bytes that converting it would give."""
    with (
        base.path.open("rb") as source,
        target.open("wb") as file,
        ThreadPoolExecutor(os.cpu_count()) as pool,
    ):

        def put(name: str) -> tuple[int, int]:
            place = base.places[name]
            rows = stored(merged.read(name), place)
            os.pwrite(file.fileno(), rows.data, place.offset)
            return place.offset, place.offset + rows.nbytes

        at = 0
        for begin, end in sorted(pool.map(put, sorted(merged.adapted))):
            _copy(source.fileno(), file.fileno(), at, begin)
            at = end
        _copy(source.fileno(), file.fileno(), at, os.fstat(source.fileno()).st_size)


def _copy(source: int, target: int, begin: int, end: int) -> None:
    """The bytes from `begin` to `end` of one file, to the same place in another."""
    os.lseek(target, begin, os.SEEK_SET)
    while begin < end:
        begin += os.sendfile(target, source, begin, end - begin)
