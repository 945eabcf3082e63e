"""The low-rank scorer in training: torch stores and updates it, numpy computes both passes.

A step sees 64 widgets. At that size autograd costs more than the arithmetic, so the gradients of
the three layers are written out; a test compares them with autograd's.
"""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ratchet_ranking import HIDDEN, RANK, TEXT, WIDTH, Matrix, Vector


class WidgetBatch(NamedTuple):
    """Inputs of n widgets of p plans: `texts` (p, 768) scaled, `rows` (n, 45).

    `plans` (n,) is the index of each widget's plan.
    """

    texts: Matrix
    plans: NDArray[np.int64]
    rows: Matrix


class ForwardPass(NamedTuple):
    """The activations of one forward pass: hidden layers (n, 32) and (n, 64), scores (n,)."""

    low: Matrix
    high: Matrix
    scores: Vector


class LowRankNet(nn.Module):
    """28,193 parameters: 813 -> 32 -> 64 -> 1; every initial score is 0."""

    def __init__(self) -> None:
        super().__init__()
        self.A = nn.Linear(WIDTH, RANK, bias=False)
        self.B = nn.Linear(RANK, HIDDEN)
        self.out = nn.Linear(HIDDEN, 1)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)
        for parameter in self.parameters():
            parameter.grad = torch.zeros_like(parameter)

    def forward_pass(self, widgets: WidgetBatch, mask: Matrix | None = None) -> ForwardPass:
        """Score `widgets`; `mask` (n, 64) is the scaled dropout mask (inverted dropout)."""
        first = _array(self.A.weight)
        low = widgets.texts.dot(first[:, TEXT].T)[widgets.plans]
        low += widgets.rows.dot(first[:, TEXT.stop :].T)
        np.maximum(low, 0.0, out=low)
        high = low.dot(_array(self.B.weight).T)
        high += _array(self.B.bias)
        np.maximum(high, 0.0, out=high)
        if mask is not None:
            high *= mask
        scores = high.dot(_array(self.out.weight)[0])
        scores += _array(self.out.bias)
        return ForwardPass(low, high, np.tanh(scores, out=scores))

    def set_gradients(
        self, widgets: WidgetBatch, mask: Matrix, done: ForwardPass, by_score: Vector
    ) -> None:
        """Backpropagate `by_score` (n,), the gradient of the loss by the scores."""
        outer = by_score * (1 - np.square(done.scores))
        _gradient(self.out.weight)[0] = outer.dot(done.high)
        _gradient(self.out.bias)[0] = outer.sum()
        high = np.multiply.outer(outer, _array(self.out.weight)[0])
        high *= mask
        high *= done.high > 0
        np.dot(high.T, done.low, out=_gradient(self.B.weight))
        np.sum(high, axis=0, out=_gradient(self.B.bias))
        low = high.dot(_array(self.B.weight))
        low *= done.low > 0
        by_plan = np.zeros((len(widgets.texts), RANK), np.float32)
        np.add.at(by_plan, widgets.plans, low)
        first = _gradient(self.A.weight)
        first[:, TEXT] = by_plan.T.dot(widgets.texts)
        first[:, TEXT.stop :] = low.T.dot(widgets.rows)


def _array(parameter: torch.Tensor) -> Matrix:
    array: Matrix = parameter.detach().numpy()
    return array


def _gradient(parameter: torch.Tensor) -> Matrix:
    assert parameter.grad is not None
    array: Matrix = parameter.grad.numpy()
    return array
