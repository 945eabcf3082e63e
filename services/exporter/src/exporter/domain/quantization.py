"""Which GGUF format to try, in which order, and how near it must stay to the original."""

from typing import Literal

from ratchet.events.base import Value

Quantization = Literal["f16", "q8_0", "q4_k_m"]
Choice = Literal["auto", "f16", "q8_0", "q4_k_m"]

LARGE_PARAMETERS = 3_000_000_000
"""From here on a model bears 4 bits; below, q4_k_m disturbs more than a run teaches."""

_FINER: tuple[Quantization, ...] = ("q4_k_m", "q8_0", "f16")


class Limits(Value):
    """Least share of equal top tokens and largest mean KL in nats."""

    top1: float
    kl: float


LIMITS: dict[Quantization, Limits] = {
    "f16": Limits(top1=0.99, kl=1e-4),
    "q8_0": Limits(top1=0.95, kl=0.01),
    "q4_k_m": Limits(top1=0.85, kl=0.08),
}


def candidates(choice: Choice, parameters: int) -> tuple[Quantization, ...]:
    """The formats to try until one passes; "auto" goes to finer ones, a named one is the only."""
    if choice != "auto":
        return (choice,)
    return _FINER if parameters >= LARGE_PARAMETERS else _FINER[1:]
