"""The base model and its tokenizer in transformers."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig

from trainer.backends.language_model.chat_format import (
    Turns,
    conversation,
    takes_system,
    use_chat_template,
)
from trainer.domain.runs.recipe import Quantization


@dataclass
class Base:
    """A `PreTrainedModel` and its `PreTrainedTokenizerBase`, typed `Any`: their stubs are wrong."""

    model: Any
    tokenizer: Any

    @property
    def chat_template(self) -> str:
        return str(self.tokenizer.chat_template)

    @property
    def takes_system_message(self) -> bool:
        return takes_system(self.tokenizer)

    def rendered(self, turns: Turns) -> str:
        """The chat template with these messages, up to the start of the answer."""
        text = self.tokenizer.apply_chat_template(
            conversation(turns), tokenize=False, add_generation_prompt=True
        )
        return str(text)


def load_base(
    directory: Path,
    device: torch.device,
    dtype: torch.dtype | Literal["auto"],
    quantization: Quantization,
    chat_template: str | None = None,
) -> Base:
    """Load a Hugging Face directory; the type "auto" is that of the stored weights.

    `chat_template` replaces the directory's own; either is pinned. `nf4` needs bitsandbytes
    (Dettmers et al. 2023, arXiv:2305.14314). Raises `UnusableChatTemplate` before it loads weights.
    """
    tokenizer = AutoTokenizer.from_pretrained(directory, padding_side="left")
    use_chat_template(tokenizer, chat_template)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    options: dict[str, Any] = {}
    if quantization == "nf4":
        options["quantization_config"] = BitsAndBytesConfig(  # type: ignore[no-untyped-call]
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=dtype,
        )
    model: Any = AutoModelForCausalLM.from_pretrained(
        directory, dtype=dtype, attn_implementation="sdpa", **options
    )
    return Base(model if quantization == "nf4" else model.to(device), tokenizer)
