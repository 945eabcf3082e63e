"""Converts a Hugging Face directory to an f16 GGUF with llama.cpp's converter.

The converter runs in a process of its own because it loads torch: the export process stays small,
and the memory is free again before quantization begins.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from exporter.backends.gguf.end_tokens import end_tokens, without_end
from exporter.domain.export_messages import ANOTHER_BASE
from ratchet.processes import PARENT_VARIABLE, child_environment

_MAIN = (
    "from ratchet.processes.parent_death import die_with_parent; die_with_parent();"
    "from exporter.backends.gguf.converter import main; main()"
)
_KEYS = 2
"""The number of end tokens that a file can have besides those that llama.cpp knows."""
_UNKNOWN_MODEL = re.compile(r"^ERROR:\S+:(Model \S+ is not supported)$", re.MULTILINE)
_EXCEPTION = re.compile(r"^(?:\w+\.)*(\w+(?:Error|Exception)): ?(.*)$", re.MULTILINE)
_OF_THE_MODEL = ("NotImplementedError", "ValueError", "KeyError")
"""What the converter raises about the files that it reads, however often it reads them."""
_FEWER_ENDS = (
    "leave at most {most} of them in `eos_token_id` of the base's generation_config.json, or set "
    "RATCHET_TRAINER_BASE_MODEL to another base"
)


class ConversionFailed(RuntimeError):
    """The converter exited with a status other than 0; the message is the end of its stderr."""


class ConversionRefused(ValueError):
    """llama.cpp cannot have this model; `remedy` is what helps, as a retry would end the same."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.remedy = remedy


def convert(directory: Path, target: Path) -> None:
    """Write `directory` as the f16 GGUF `target`; raises `ConversionFailed`.

    The model's name in the file is that of its directory, so that equal weights in directories of
    the same name give equal bytes. A file that goes on after a token which ends an answer of the
    model is written again, with this token. Raises `ConversionRefused` if there are too many, or
    if the converter does not know the model.
    """
    options = ["--outtype", "f16", "--outfile", str(target), "--model-name", directory.name]
    run_converter((), [*options, str(directory)])
    missing = without_end(target, end_tokens(directory))
    if len(missing) > _KEYS:
        raise ConversionRefused(
            f"a file cannot have all end tokens of the model: llama.cpp does not know {missing}, "
            f"and a file can name {_KEYS}",
            _FEWER_ENDS.format(most=_KEYS),
        )
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
    if process.returncode == 0:
        return
    if reason := _refusal(process.stderr):
        raise ConversionRefused(f"llama.cpp's converter: {reason}", ANOTHER_BASE)
    raise ConversionFailed(process.stderr[-2000:])


def _refusal(errors: str) -> str | None:
    """What the converter does not know about a model; None if it failed for another reason."""
    if unknown := _UNKNOWN_MODEL.search(errors):
        return unknown[1]
    kind, text = (_EXCEPTION.findall(errors) or [("", "")])[-1]
    return (text if kind != "KeyError" else f"no {text}") or kind if kind in _OF_THE_MODEL else None
