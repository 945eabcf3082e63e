"""The trained model in its stored precision, for reference answers."""

from collections.abc import Sequence
from pathlib import Path

import torch

from ratchet.contract import ChatMessage, one_turn, prompt_of
from ratchet_models import Chat, Logits
from trainer.backends.language_model.base_model import load_base
from trainer.backends.language_model.generate import end_tokens, greedy
from trainer.backends.language_model.lora import adapter_disabled, adapter_merged, with_champion

_LARGE = 3_000_000_000
"""The number of parameters above which float32 may not fit into memory."""
_BATCH = 16


class ReferenceModel:
    """Base and adapter in float32, or in the stored precision of a large base.

    Logits are computed without merging, so that they do not share the errors of a merge.
    """

    def __init__(
        self, base: Path, adapter: Path, device: torch.device, chat_template: str | None
    ) -> None:
        self._base = load_base(base, device, "auto", "none", chat_template)
        if self._base.model.num_parameters() < _LARGE:
            self._base.model.float()
        self._adapted = with_champion(self._base.model, adapter).eval()

    @property
    def chat_template(self) -> str:
        return self._base.chat_template

    @property
    def end_of_turn(self) -> int:
        return int(self._base.tokenizer.eos_token_id)

    def answered(
        self, prompts: Sequence[tuple[ChatMessage, ...]], limit: int, *, plan: bool = False
    ) -> list[Chat]:
        """Each prompt with its greedy answer of at most `limit` tokens."""
        rendered = [self._base.rendered(prompt) for prompt in prompts]
        with adapter_merged(self._adapted):
            answers = greedy(self._base, rendered, limit, _BATCH, lambda _: None)
        ends = set(end_tokens(self._base))
        chats = []
        for turns, text, tokens in zip(prompts, rendered, answers, strict=True):
            user = prompt_of(turns)
            end = next((at for at, token in enumerate(tokens) if token in ends), None)
            chats.append(
                Chat(
                    user=user,
                    messages=() if turns == one_turn(user) else turns,
                    rendered=text,
                    asked=self._base.tokenizer(text, add_special_tokens=False)["input_ids"],
                    said=tokens[:end],
                    ended=end is not None,
                    plan=plan,
                )
            )
        return chats

    @torch.inference_mode()
    def logits(self, sequence: Sequence[int], last: int) -> Logits:
        """The logits after each of the `last` tokens of `sequence` (of all, if it is shorter)."""
        model = self._adapted
        output = model(
            input_ids=torch.tensor([list(sequence)], device=model.device), logits_to_keep=last
        )
        logits: Logits = output.logits[0].float().cpu().numpy()
        return logits

    def base_logits(self, sequence: Sequence[int], last: int) -> Logits:
        """The logits of the base, without the adapter."""
        with adapter_disabled(self._adapted):
            return self.logits(sequence, last)
