"""Converts a Hugging Face directory to an f16 GGUF with llama.cpp's converter.

The converter runs in a process of its own because it loads torch: the export process stays small,
and the memory is free again before quantization begins.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from exporter.backends.gguf.end_tokens import end_tokens, without_end
from ratchet.processes import PARENT_VARIABLE, child_environment

_MAIN = (
    "from ratchet.processes.parent_death import die_with_parent; die_with_parent();"
    "from exporter.backends.gguf.converter import main; main()"
)
_KEYS = 2
"""The number of end tokens that a file can have besides those that llama.cpp knows."""


class ConversionFailed(RuntimeError):
    """The converter exited with a status other than 0; the message is the end of its stderr."""


def convert(directory: Path, target: Path) -> None:
    """Write `directory` as the f16 GGUF `target`; raises `ConversionFailed`.

    The model's name in the file is that of its directory, so that equal weights in directories of
    the same name give equal bytes. A file that goes on after a token which ends an answer of the
    model is written again, with this token.
    """
    options = ["--outtype", "f16", "--outfile", str(target), "--model-name", directory.name]
    run_converter((), [*options, str(directory)])
    missing = without_end(target, end_tokens(directory))
    if len(missing) > _KEYS:
        raise ConversionFailed(f"a file cannot have all end tokens of the model: {missing}")
    if missing:
        run_converter(missing, [*options, str(directory)])


def run_converter(ends: Sequence[int], options: Sequence[str]) -> None:
    process = subprocess.run(
        [sys.executable, "-c", _MAIN, json.dumps(ends), *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**child_environment(), PARENT_VARIABLE: str(os.getpid())},
        check=False,
    )
    if process.returncode != 0:
        raise ConversionFailed(process.stderr[-2000:])
