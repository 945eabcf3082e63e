"""Computes the common prefix of both answers of a pair once.

A DPO batch contains every prompt twice: before the chosen and before the rejected answer. Under
a causal mask the states of the common prefix are equal, so both rows become one: prefix, rest of
the chosen, rest of the rejected, where the two rests are masked from each other. Each token keeps
its position, so the results are those of two rows.
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

    # TRL calls the model's backbone with both rows; its loss code sees no difference.
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
    """The joined rows; `tokens` and `positions` are `(n, joined length)`."""

    def __init__(self, input_ids: Tensor, attention_mask: Tensor) -> None:
        chosen, rejected = input_ids.chunk(2)
        seen_chosen, seen_rejected = attention_mask.bool().chunk(2)
        same = (chosen == rejected) & seen_chosen & seen_rejected
        self._common = same.long().cumprod(1).sum(1, keepdim=True)
        self._chosen_end = seen_chosen.sum(1, keepdim=True)
        self._end = self._chosen_end + seen_rejected.sum(1, keepdim=True) - self._common
        self._width = input_ids.shape[1]
        self._place = torch.arange(int(self._end.max()), device=input_ids.device)[None]
        self._in_rejected = self._place >= self._chosen_end
        moved = torch.where(
            self._in_rejected, self._place - self._chosen_end + self._common, self._place
        )
        self.positions = moved.clamp(max=self._width - 1)
        self.tokens = torch.where(
            self._in_rejected, rejected.gather(1, self.positions), chosen.gather(1, self.positions)
        )

    def mask(self, dtype: torch.dtype) -> Tensor:
        """Additive `(n, 1, joined length, joined length)`: causal, blocked between the rests."""
        part = (self._place >= self._common).long() + self._in_rejected.long()
        causal = self._place[:, :, None] >= self._place[:, None, :]
        related = (part[:, None, :] == 0) | (part[:, None, :] == part[:, :, None])
        # Padding attends to itself: softmax over a fully masked row may be NaN.
        inside = (self._place < self._end)[:, None, :] | torch.eye(
            self._place.shape[1], dtype=torch.bool, device=part.device
        )
        allowed = (causal & related & inside)[:, None]
        blocked = torch.finfo(dtype).min
        return torch.zeros(allowed.shape, dtype=dtype, device=part.device).masked_fill_(
            ~allowed, blocked
        )

    def split(self, states: Tensor) -> Tensor:
        """From `(n, joined length, h)` back to `(2n, length, h)`."""
        place = torch.arange(self._width, device=states.device)[None].expand(len(states), -1)
        moved = torch.where(place < self._common, place, place - self._common + self._chosen_end)
        back = torch.cat((place, moved)).clamp(max=states.shape[1] - 1)
        index = back[:, :, None].expand(-1, -1, states.shape[2])
        return torch.cat((states, states)).gather(1, index)
