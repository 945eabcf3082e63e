"""Which GGUF format to try, in which order, and how near it must stay to the original."""

from typing import Literal

from ratchet.contract import Value

Quantization = Literal["q4_k_m", "q5_k_m", "q6_k", "q8_0", "f16"]
Choice = Literal["auto", "q4_k_m", "q5_k_m", "q6_k", "q8_0", "f16"]

LARGE_PARAMETERS = 3_000_000_000
"""From here on a model bears 4 bits; below, q4_k_m disturbs more than a run teaches."""

LADDER: tuple[Quantization, ...] = ("q4_k_m", "q5_k_m", "q6_k", "q8_0", "f16")
"""From the smallest to the truest."""

BITS: dict[Quantization, float] = {
    "q4_k_m": 4.9,
    "q5_k_m": 5.7,
    "q6_k": 6.6,
    "q8_0": 8.5,
    "f16": 16.0,
}
"""Per weight, with the scales, as llama.cpp reports them."""


class Limits(Value):
    """Least share of equal top tokens and largest mean KL in nats."""

    top1: float
    kl: float


LIMITS: dict[Quantization, Limits] = {
    "f16": Limits(top1=0.99, kl=1e-4),
    "q8_0": Limits(top1=0.95, kl=0.01),
    "q6_k": Limits(top1=0.92, kl=0.02),
    "q5_k_m": Limits(top1=0.88, kl=0.05),
    "q4_k_m": Limits(top1=0.85, kl=0.08),
}


def candidates(choice: Choice, parameters: int) -> tuple[Quantization, ...]:
    """The formats to try until one passes: the chosen one, and those above it on the ladder."""
    if choice == "auto":
        choice = "q4_k_m" if parameters >= LARGE_PARAMETERS else "q8_0"
    return LADDER[LADDER.index(choice) :]
