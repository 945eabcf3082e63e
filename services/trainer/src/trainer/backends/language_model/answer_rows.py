"""Answers read after their prompts, each prompt only once."""

from collections.abc import Sequence

import torch
from torch import Tensor

from trainer.backends.language_model.base_model import Base


class AnswerRows:
    """A row for each of `answers[i]` to `prompts[i]`, all given as token ids, in their order.

    Prompts are padded on the left and answers on the right, so that all answers begin at one
    place; their states stand on the cached states of the prompt, which answers to it share.
    """

    def __init__(
        self, base: Base, prompts: Sequence[list[int]], answers: Sequence[Sequence[list[int]]]
    ) -> None:
        self._model = base.model.eval()
        pad, device = base.tokenizer.pad_token_id, base.model.device
        width = max(map(len, prompts))
        rows = [answer for several in answers for answer in several]
        longest = max(map(len, rows))
        self._lengths = [len(answer) for answer in rows]
        self._of_prompt = torch.tensor(
            [at for at, several in enumerate(answers) for _ in several], device=device
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
        """Log-probabilities (n, longest answer, vocabulary) where each answer token is due."""
        places = (self._seen.cumsum(1) - 1).clamp(min=0)
        read = self._model(
            input_ids=self._prompts,
            attention_mask=self._seen,
            position_ids=places,
            logits_to_keep=1,
            use_cache=True,
        )
        logits = read.logits[self._of_prompt]
        said = self.answers[:, :-1]
        if said.shape[1]:
            states = read.past_key_values
            states.batch_select_indices(self._of_prompt)
            steps = torch.arange(1, said.shape[1] + 1, device=said.device)
            later = self._model(
                input_ids=said,
                attention_mask=torch.cat(
                    (self._seen[self._of_prompt], torch.ones_like(said)), dim=1
                ),
                position_ids=places[self._of_prompt, -1:] + steps,
                past_key_values=states,
                use_cache=True,
            )
            logits = torch.cat((logits, later.logits), dim=1)
        return torch.log_softmax(logits.float(), -1)

    def means(self, each: Tensor) -> list[float]:
        """The mean of (n, longest answer) over the tokens of each answer."""
        return [float(row[:length].mean()) for row, length in zip(each, self._lengths, strict=True)]
