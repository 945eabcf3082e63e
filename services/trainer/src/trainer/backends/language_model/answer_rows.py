"""Batches of answers behind their prompts, where each prompt is computed once."""

from collections.abc import Sequence

import torch
from torch import Tensor

from trainer.backends.language_model.base_model import Base


class AnswerRows:
    """A row for each of `answers[i]` to `prompts[i]`, all as token ids, in their order.

    Prompts are padded on the left and answers on the right, so that all answers begin at one
    position. The answers to a prompt share its cached key-value states.
    """

    def __init__(
        self, base: Base, prompts: Sequence[list[int]], answers: Sequence[Sequence[list[int]]]
    ) -> None:
        self._model = base.model.eval()
        pad, device = base.tokenizer.pad_token_id, base.model.device
        width = max(map(len, prompts))
        rows = [answer for group in answers for answer in group]
        longest = max(map(len, rows))
        self._lengths = [len(answer) for answer in rows]
        self._of_prompt = torch.tensor(
            [at for at, group in enumerate(answers) for _ in group], device=device
        )
        self._prompts = torch.tensor(
            [[pad] * (width - len(ids)) + ids for ids in prompts], device=device
        )
        self._seen = torch.tensor(
            [[0] * (width - len(ids)) + [1] * len(ids) for ids in prompts], device=device
        )
        self.answers = torch.tensor(
            [ids + [pad] * (longest - len(ids)) for ids in rows], device=device
        )

    def log_probs(self) -> Tensor:
        """Log-probabilities (n, longest answer, vocabulary) at the answer positions."""
        positions = (self._seen.cumsum(1) - 1).clamp(min=0)
        prompt_output = self._model(
            input_ids=self._prompts,
            attention_mask=self._seen,
            position_ids=positions,
            logits_to_keep=1,
            use_cache=True,
        )
        logits = prompt_output.logits[self._of_prompt]
        inputs = self.answers[:, :-1]
        if inputs.shape[1]:
            states = prompt_output.past_key_values
            states.batch_select_indices(self._of_prompt)
            steps = torch.arange(1, inputs.shape[1] + 1, device=inputs.device)
            answer_output = self._model(
                input_ids=inputs,
                attention_mask=torch.cat(
                    (self._seen[self._of_prompt], torch.ones_like(inputs)), dim=1
                ),
                position_ids=positions[self._of_prompt, -1:] + steps,
                past_key_values=states,
                use_cache=True,
            )
            logits = torch.cat((logits, answer_output.logits), dim=1)
        return torch.log_softmax(logits.float(), -1)

    def means(self, each: Tensor) -> list[float]:
        """The mean of (n, longest answer) over the tokens of each answer."""
        return [float(row[:length].mean()) for row, length in zip(each, self._lengths, strict=True)]
