"""The low-rank scorer as it is trained: torch holds and updates it, numpy runs it both ways.

A step sees 64 widgets. At that size autograd costs more than the arithmetic, so the gradient of
these three layers is written out; a test holds it against autograd's.
"""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ratchet.ranking import HIDDEN, RANK, TEXT, WIDTH, Matrix, Vector


class Widgets(NamedTuple):
    """Inputs of n widgets of p plans: `texts` (p, 768) scaled, `rows` (n, 45).

    `plans` (n,) says to which plan each belongs.
    """

    texts: Matrix
    plans: NDArray[np.int64]
    rows: Matrix


class Pass(NamedTuple):
    """One way through the network: hidden layers (n, 32) and (n, 64), and scores (n,)."""

    low: Matrix
    high: Matrix
    scores: Vector


class LowRankNet(nn.Module):
    """28,193 parameters: 813 -> 32 -> 64 -> 1; every score is 0 before the first step."""

    def __init__(self) -> None:
        super().__init__()
        self.A = nn.Linear(WIDTH, RANK, bias=False)
        self.B = nn.Linear(RANK, HIDDEN)
        self.out = nn.Linear(HIDDEN, 1)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)
        for parameter in self.parameters():
            parameter.grad = torch.zeros_like(parameter)

    def run(self, widgets: Widgets, kept: Matrix | None = None) -> Pass:
        """`kept` (n, 64) is the dropout's mask, scaled."""
        first = _array(self.A.weight)
        low = widgets.texts.dot(first[:, TEXT].T)[widgets.plans]
        low += widgets.rows.dot(first[:, TEXT.stop :].T)
        np.maximum(low, 0.0, out=low)
        high = low.dot(_array(self.B.weight).T)
        high += _array(self.B.bias)
        np.maximum(high, 0.0, out=high)
        if kept is not None:
            high *= kept
        scores = high.dot(_array(self.out.weight)[0])
        scores += _array(self.out.bias)
        return Pass(low, high, np.tanh(scores, out=scores))

    def pull(self, widgets: Widgets, kept: Matrix, done: Pass, by_score: Vector) -> None:
        """Set every parameter's gradient, from that of the loss by the scores (n,)."""
        outer = by_score * (1 - np.square(done.scores))
        _gradient(self.out.weight)[0] = outer.dot(done.high)
        _gradient(self.out.bias)[0] = outer.sum()
        high = np.multiply.outer(outer, _array(self.out.weight)[0])
        high *= kept
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
