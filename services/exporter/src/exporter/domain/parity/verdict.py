"""Whether an exported model is near enough to the trained one."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from exporter.domain.parity.quantization import ParityLimits
from ratchet_models import Likeliest, Logits, divergence

_WORST_PERCENT = 99.0
_NOISE = 0.01
"""Nats: tokens this near each other may change places by the rounding of an f16 file alone."""


@dataclass(frozen=True)
class LogitAgreement:
    """One entry per position: whether the top tokens are equal, and the KL divergence in nats."""

    agreeing: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, np.bool_))
    divergence: NDArray[np.float64] = field(default_factory=lambda: np.empty(0, np.float64))

    def __add__(self, other: "LogitAgreement") -> "LogitAgreement":
        return LogitAgreement(
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
class ParityPassed:
    reason: str


@dataclass(frozen=True)
class ParityFailed:
    reason: str


def compare(reference: Likeliest, candidate: Logits) -> LogitAgreement:
    """KL of `reference` against `candidate` and equal top tokens, at every position.

    A top token that ties with the candidate's within the noise is equal. Tokens that the candidate
    has no logits for count as the least likely: the converter drops rows of the embeddings beyond
    the tokenizer's vocabulary. Raises `ValueError` if the numbers of positions differ.
    """
    dropped = int(reference.ids.max(initial=0)) + 1 - candidate.shape[-1]
    if dropped > 0:
        candidate = np.pad(candidate, ((0, 0), (0, dropped)), constant_values=candidate.min())
    kl = divergence(reference, candidate)
    expected = np.take_along_axis(candidate, reference.ids[:, :1], axis=-1)[:, 0]
    return LogitAgreement(expected >= candidate.max(axis=-1) - _NOISE, kl)


def verdict(
    exported: LogitAgreement, training_kl: float, limits: ParityLimits
) -> ParityPassed | ParityFailed:
    """Judge `exported` (trained against exported); `training_kl` is trained against its base.

    An export that moves the answers as far as the training did may undo the training: it fails.
    """
    if exported.top1 < limits.top1:
        return ParityFailed(f"top-1 agreement {exported.top1:.4f} is below {limits.top1}")
    if exported.kl > limits.kl:
        return ParityFailed(f"mean KL {exported.kl:.6f} is above {limits.kl}")
    if exported.kl >= training_kl:
        return ParityFailed(
            f"the export moves the answers by KL {exported.kl:.6f}, the training by only "
            f"{training_kl:.6f}"
        )
    return ParityPassed(f"top-1 {exported.top1:.4f}, mean KL {exported.kl:.6f}")
