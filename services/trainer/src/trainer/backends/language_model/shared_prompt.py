"""Computes what the rows of a batch have in common once.

A DPO batch contains every prompt twice, before the chosen and before the rejected answer, and the
same readings before several questions. Under a causal mask the states of a common beginning are
equal. So all rows become one: each row continues where it leaves the row before it, and a token
attends to the tokens of its own row alone. Each token keeps its position, so the results are those
of separate rows.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn


@contextmanager
def shared_prompts(backbone: nn.Module) -> Iterator[None]:
    """Within the block, `backbone` takes `(2n, length)` right-padded rows: n chosen, n rejected."""
    plain = backbone.forward

    # TRL calls the model's backbone with all rows; its loss code sees no difference.
    def forward(input_ids: Tensor, attention_mask: Tensor, **options: Any) -> Any:
        joined = _Joined(input_ids, attention_mask)
        dtype = next(backbone.parameters()).dtype
        output = plain(
            input_ids=joined.tokens,
            attention_mask=joined.mask(dtype),
            position_ids=joined.positions,
            **options,
        )
        output.last_hidden_state = joined.split(output.last_hidden_state)
        return output

    backbone.forward = forward
    try:
        yield
    finally:
        backbone.forward = plain


class _Joined:
    """The joined row; `tokens` and `positions` are `(1, joined length)`.

    `_paths` are the places of each row's tokens in it, `(2n, length)`; padding has place 0.
    """

    def __init__(self, input_ids: Tensor, attention_mask: Tensor) -> None:
        self._lengths = attention_mask.sum(1).tolist()
        self._paths = torch.zeros_like(input_ids)
        parts: list[Tensor] = []
        positions: list[Tensor] = []
        end, before = 0, None
        for row in torch.arange(len(input_ids)).reshape(2, -1).T.flatten().tolist():
            length = self._lengths[row]
            common = 0 if before is None else self._common(input_ids, before, row)
            new = length - common
            if before is not None:
                self._paths[row, :common] = self._paths[before, :common]
            self._paths[row, common:length] = torch.arange(end, end + new)
            parts.append(input_ids[row, common:length])
            positions.append(torch.arange(common, length, device=input_ids.device))
            end, before = end + new, row
        self.tokens = torch.cat(parts)[None]
        self.positions = torch.cat(positions)[None]

    def _common(self, input_ids: Tensor, before: int, row: int) -> int:
        """The length of the common beginning of two rows."""
        shortest = min(self._lengths[before], self._lengths[row])
        same = input_ids[before, :shortest] == input_ids[row, :shortest]
        return int(same.long().cumprod(0).sum())

    def mask(self, dtype: torch.dtype) -> Tensor:
        """Additive `(1, 1, joined length, joined length)`: causal within each row's path."""
        size = self.tokens.shape[1]
        allowed = torch.zeros(size, size, dtype=torch.bool, device=self.tokens.device)
        for path, length in zip(self._paths, self._lengths, strict=True):
            places = path[:length]
            allowed[places[:, None], places[None, :]] |= torch.ones(
                length, length, dtype=torch.bool, device=allowed.device
            ).tril()
        blocked = torch.finfo(dtype).min
        mask = torch.zeros(size, size, dtype=dtype, device=allowed.device)
        return mask.masked_fill_(~allowed, blocked)[None, None]

    def split(self, states: Tensor) -> Tensor:
        """From `(1, joined length, h)` back to `(2n, length, h)`."""
        return states[0][self._paths]
