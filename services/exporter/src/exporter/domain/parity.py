"""How near an exported model stays to the one that was trained, and whether that is near enough."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from exporter.domain.quantization import Limits

Logits = NDArray[np.float32]
"""Positions x vocabulary, before softmax."""
_WORST_PERCENT = 99.0


@dataclass(frozen=True)
class Agreement:
    """Position by position: whether the top tokens are equal, and KL divergence in nats."""

    agreeing: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, np.bool_))
    divergence: NDArray[np.float64] = field(default_factory=lambda: np.empty(0, np.float64))

    def __add__(self, other: "Agreement") -> "Agreement":
        return Agreement(
            np.concatenate((self.agreeing, other.agreeing)),
            np.concatenate((self.divergence, other.divergence)),
        )

    @property
    def tokens(self) -> int:
        return len(self.agreeing)

    @property
    def top1(self) -> float:
        return float(self.agreeing.mean())

    @property
    def kl(self) -> float:
        return float(self.divergence.mean())

    @property
    def kl_p99(self) -> float:
        return float(np.percentile(self.divergence, _WORST_PERCENT))


@dataclass(frozen=True)
class Passed:
    reason: str


@dataclass(frozen=True)
class Failed:
    reason: str


def compare(reference: Logits, candidate: Logits) -> Agreement:
    """KL of `reference` against `candidate` and equal top tokens, at every position.

    Raises `ValueError` when the shapes differ.
    """
    if reference.shape != candidate.shape:
        raise ValueError(f"cannot compare logits of {reference.shape} and {candidate.shape}")
    told, heard = log_softmax(reference), log_softmax(candidate)
    divergence = np.sum(np.exp(told) * (told - heard), axis=-1)
    agreeing = np.argmax(reference, axis=-1) == np.argmax(candidate, axis=-1)
    return Agreement(agreeing, np.maximum(divergence, 0.0))


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


def log_softmax(logits: Logits) -> NDArray[np.float64]:
    shifted: NDArray[np.float64] = logits.astype(np.float64)
    shifted -= logits.max(axis=-1, keepdims=True)
    shifted -= np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))
    return shifted
