"""llama.cpp: quantizes a GGUF."""

import ctypes
import logging
import os
from pathlib import Path

import llama_cpp

from exporter.domain.parity.quantization import Quantization

_FILE_TYPES: dict[Quantization, int] = {
    "q8_0": llama_cpp.LLAMA_FTYPE_MOSTLY_Q8_0,
    "q6_k": llama_cpp.LLAMA_FTYPE_MOSTLY_Q6_K,
    "q5_k_m": llama_cpp.LLAMA_FTYPE_MOSTLY_Q5_K_M,
    "q4_k_m": llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_K_M,
}


class QuantizationFailed(RuntimeError):
    """llama.cpp returned an error code."""


def quantize(source: Path, target: Path, kind: Quantization) -> None:
    """Write the f16 GGUF `source` as `kind` to `target`; raises `QuantizationFailed`."""
    logging.getLogger("llama-cpp-python").setLevel(logging.ERROR)
    parameters = llama_cpp.llama_model_quantize_default_params()
    parameters.ftype = _FILE_TYPES[kind]
    parameters.nthread = os.cpu_count() or 1
    status = llama_cpp.llama_model_quantize(
        str(source).encode(), str(target).encode(), ctypes.byref(parameters)
    )
    if status != 0:
        raise QuantizationFailed(f"llama.cpp returned {status} for {kind}")
