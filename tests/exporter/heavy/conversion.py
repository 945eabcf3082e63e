"""The converter in the test's own process, where torch is loaded already."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest


def run_here(ends: Sequence[int], options: Sequence[str]) -> None:
    """As `run_converter`, which starts a process for each file."""
    from exporter.backends.gguf.converter import main

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["converter", json.dumps(ends), *options])
        main()


@contextmanager
def converting_here() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("exporter.backends.gguf.convert.run_converter", run_here)
        yield
