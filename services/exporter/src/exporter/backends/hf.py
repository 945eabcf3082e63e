"""The model as it was trained, in transformers and PEFT: what an export is compared with."""

from collections.abc import Sequence
from pathlib import Path

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

from exporter.domain.chat_template import Message
from exporter.domain.parity import Logits


class Trained:
    """Base and adapter, not merged: a fault of our merge shows up like any other.

    In float32 on the CPU, or in the base's own type when `exact` is False.
    """

    def __init__(self, base: Path, adapter: Path, *, exact: bool) -> None:
        self._tokenizer = AutoTokenizer.from_pretrained(base)
        model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32 if exact else "auto")
        self._model = PeftModel.from_pretrained(model, str(adapter)).eval()

    @property
    def chat_template(self) -> str | None:
        template = self._tokenizer.chat_template
        return template if isinstance(template, str) else None

    def render(self, messages: list[Message]) -> str:
        return str(
            self._tokenizer.apply_chat_template(
                messages, tokenize=False, add_generation_prompt=True
            )
        )

    def chat(self, user: str) -> str:
        """A chat of one user turn, ready to be answered."""
        return self.render([{"role": "user", "content": user}])

    def tokens(self, text: str) -> list[int]:
        return list(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def text(self, tokens: Sequence[int]) -> str:
        """What `tokens` spell; special ones spell nothing."""
        return str(self._tokenizer.decode(list(tokens), skip_special_tokens=True))

    @property
    def end_of_turn(self) -> int:
        """The token that ends an answer."""
        return int(self._tokenizer.eos_token_id)

    @torch.inference_mode()
    def logits(self, sequence: Sequence[int], last: int) -> Logits:
        """The logits after each of the `last` tokens of `sequence` (of all, if it is shorter)."""
        output = self._model(input_ids=torch.tensor([sequence]), logits_to_keep=last)
        logits: Logits = output.logits[0].float().numpy()
        return logits

    def base_logits(self, sequence: Sequence[int], last: int) -> Logits:
        """As `logits`, of the base without the adapter."""
        with self._model.disable_adapter():
            return self.logits(sequence, last)
