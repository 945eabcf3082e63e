"""Replaces the adapted weights in the base's converted file.

Converting a merged model again would write the same file: only the adapted weights differ. Copying
the base's file and overwriting these weights takes a fraction of the time, and no torch.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from exporter.backends.gguf.base_gguf import BaseGguf, f16_rows
from exporter.backends.gguf.lora import MergedWeights

PROVEN = frozenset(
    {
        "Gemma2ForCausalLM",
        "Gemma3ForCausalLM",
        "GraniteForCausalLM",
        "LlamaForCausalLM",
        "MistralForCausalLM",
        "Phi3ForCausalLM",
        "Qwen2ForCausalLM",
        "Qwen3ForCausalLM",
    }
)
"""The architectures for which a test compares the spliced file with the converted one."""


def spliceable(base: BaseGguf, merged: MergedWeights) -> bool:
    """Whether the architecture is proven, and every adapted weight has a location in the file.

    A weight whose bytes occur in the file twice or never (tied, fused or padded by the converter)
    has none: then the merged model has to be converted.
    """
    return base.architecture in PROVEN and merged.adapted <= base.locations.keys()


def splice(base: BaseGguf, merged: MergedWeights, target: Path) -> None:
    """Write the f16 GGUF of `merged` to `target`, byte for byte as converting it would."""
    with (
        base.path.open("rb") as source,
        target.open("wb") as file,
        ThreadPoolExecutor(os.cpu_count()) as pool,
    ):

        def put(name: str) -> tuple[int, int]:
            location = base.locations[name]
            rows = f16_rows(merged.read(name), location)
            os.pwrite(file.fileno(), rows.data, location.offset)
            return location.offset, location.offset + rows.nbytes

        # The bytes between the adapted weights are copied by the kernel, in order, while other
        # threads merge the next weights.
        at = 0
        for begin, end in sorted(pool.map(put, sorted(merged.adapted))):
            _copy(source.fileno(), file.fileno(), at, begin)
            at = end
        _copy(source.fileno(), file.fileno(), at, os.fstat(source.fileno()).st_size)


def _copy(source: int, target: int, begin: int, end: int) -> None:
    """Copy the bytes from `begin` to `end` to the same position of another file."""
    os.lseek(target, begin, os.SEEK_SET)
    while begin < end:
        begin += os.sendfile(target, source, begin, end - begin)
