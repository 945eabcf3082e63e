"""GGUF formats: the order to try them in, and how near each must stay to the trained model."""

from typing import Literal

from ratchet.contract import Value

Quantization = Literal["q4_k_m", "q5_k_m", "q6_k", "q8_0", "f16"]
QuantizationChoice = Literal["auto", "q4_k_m", "q5_k_m", "q6_k", "q8_0", "f16"]

LARGE_PARAMETERS = 3_000_000_000
"""Larger models tolerate 4 bits; in smaller ones q4_k_m changes more than a run teaches."""

LADDER: tuple[Quantization, ...] = ("q4_k_m", "q5_k_m", "q6_k", "q8_0", "f16")
"""From the smallest to the most exact."""

BITS: dict[Quantization, float] = {
    "q4_k_m": 4.9,
    "q5_k_m": 5.7,
    "q6_k": 6.6,
    "q8_0": 8.5,
    "f16": 16.0,
}
"""Bits per weight, scales included, as llama.cpp reports them."""

_SLACK = 1.05
"""Of files over their weights: vocabulary, metadata and alignment."""


class ParityLimits(Value):
    """The least share of equal top tokens and the largest mean KL in nats."""

    top1: float
    kl: float


LIMITS: dict[Quantization, ParityLimits] = {
    "f16": ParityLimits(top1=0.99, kl=1e-4),
    "q8_0": ParityLimits(top1=0.95, kl=0.01),
    "q6_k": ParityLimits(top1=0.92, kl=0.02),
    "q5_k_m": ParityLimits(top1=0.88, kl=0.05),
    "q4_k_m": ParityLimits(top1=0.85, kl=0.08),
}


def candidates(choice: QuantizationChoice, parameters: int) -> tuple[Quantization, ...]:
    """The formats to try until one passes: the chosen one, then the more exact ones."""
    if choice == "auto":
        choice = "q4_k_m" if parameters >= LARGE_PARAMETERS else "q8_0"
    return LADDER[LADDER.index(choice) :]


def bytes_needed(parameters: int, choice: QuantizationChoice) -> int:
    """For the f16 files of base and model, the first candidate and its copy in a registry."""
    first = candidates(choice, parameters)[0]
    bits = 2 * BITS["f16"] + 2 * BITS[first]
    return int(_SLACK * parameters * bits / 8)
