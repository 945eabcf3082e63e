"""How near an exported model stays to the one that was trained, and whether that is near enough."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exporter.domain.quantization import Limits

Logits = NDArray[np.float32]
"""Positions x vocabulary, before softmax."""


@dataclass(frozen=True)
class Agreement:
    """Sums over `tokens` positions: equal top tokens, and KL divergence in nats."""

    agreeing: int = 0
    divergence: float = 0.0
    tokens: int = 0

    def __add__(self, other: "Agreement") -> "Agreement":
        return Agreement(
            self.agreeing + other.agreeing,
            self.divergence + other.divergence,
            self.tokens + other.tokens,
        )

    @property
    def top1(self) -> float:
        return self.agreeing / self.tokens

    @property
    def kl(self) -> float:
        return self.divergence / self.tokens


@dataclass(frozen=True)
class Passed:
    reason: str


@dataclass(frozen=True)
class Failed:
    reason: str


def compare(reference: Logits, candidate: Logits) -> Agreement:
    """KL of `reference` against `candidate` and equal top tokens, over all positions.

    Raises `ValueError` when the shapes differ.
    """
    if reference.shape != candidate.shape:
        raise ValueError(f"cannot compare logits of {reference.shape} and {candidate.shape}")
    told, heard = _log_softmax(reference), _log_softmax(candidate)
    divergence = np.sum(np.exp(told) * (told - heard), axis=-1)
    agreeing = np.argmax(reference, axis=-1) == np.argmax(candidate, axis=-1)
    return Agreement(int(agreeing.sum()), max(float(divergence.sum()), 0.0), len(reference))


def verdict(exported: Agreement, training: Agreement, limits: Limits) -> Passed | Failed:
    """Judge `exported` (trained against exported); `training` is trained against its base.

    An export that moves the answers as far as the training did can undo it: that fails too.
    """
    if exported.top1 < limits.top1:
        return Failed(f"top-1 agreement {exported.top1:.4f} is below {limits.top1}")
    if exported.kl > limits.kl:
        return Failed(f"mean KL {exported.kl:.6f} is above {limits.kl}")
    if exported.kl >= training.kl:
        return Failed(
            f"the export moves the answers by KL {exported.kl:.6f}, the training only by "
            f"{training.kl:.6f}"
        )
    return Passed(f"top-1 {exported.top1:.4f}, mean KL {exported.kl:.6f}")


def _log_softmax(logits: Logits) -> NDArray[np.float64]:
    shifted: NDArray[np.float64] = logits.astype(np.float64)
    shifted -= logits.max(axis=-1, keepdims=True)
    shifted -= np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))
    return shifted
