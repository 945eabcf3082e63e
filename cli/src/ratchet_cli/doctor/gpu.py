"""Whether training has what it needs: a GPU that is seen, usable and large enough, or a CPU."""

from dataclasses import dataclass
from typing import Literal

from ratchet_cli.doctor.base_model import billions
from ratchet_cli.doctor.check import Check, fail, ok, warn
from ratchet_cli.doctor.sizes import GIB, size

Device = Literal["auto", "cpu", "cuda"]

_BYTES_IN_HALVES = 2.0
_BYTES_IN_FOUR_BITS = 0.6
_FOR_THE_RUN = 4 * GIB
"""Activations, adapter and optimiser of one micro-batch of one."""

_SLOW_ON_A_CPU = 1_000_000_000


@dataclass(frozen=True)
class Card:
    """Memory in bytes."""

    name: str
    total: int
    free: int


@dataclass(frozen=True)
class GpuFacts:
    """`problem` is what nvidia-smi said where it failed; `driver` is that of the kernel.

    `torch` is the version of the installed distribution, None where there is none.
    """

    cards: tuple[Card, ...]
    driver: str | None
    problem: str
    torch: str | None
    device: Device
    four_bits: bool
    parameters: int | None


def judge(facts: GpuFacts) -> Check:
    if facts.device == "cpu":
        return ok("gpu", "RATCHET_TRAINER_DEVICE is cpu: none is used")
    if not facts.cards:
        return _none(facts)
    card = max(facts.cards, key=lambda card: card.total)
    found = f"{card.name}, {size(card.free)} of {size(card.total)} free"
    if facts.torch is not None and "+cpu" in facts.torch:
        return warn(
            "gpu",
            f"{found}, but torch {facts.torch} cannot use it",
            "install torch's build for CUDA into the trainer's environment",
        )
    return _room(found, card, facts)


def _none(facts: GpuFacts) -> Check:
    if facts.driver is not None or facts.problem:
        seen = f"the kernel has driver {facts.driver}" if facts.driver else "nvidia-smi is there"
        return fail(
            "gpu",
            f"{seen}, but no card is told: {facts.problem or 'nvidia-smi is missing'}",
            "install the driver's tools, then restart the machine or its container with the GPU",
        )
    if facts.device == "cuda":
        return fail(
            "gpu",
            "none, and RATCHET_TRAINER_DEVICE is cuda",
            "give the trainer a GPU, or set RATCHET_TRAINER_DEVICE to auto",
        )
    if facts.parameters is not None and facts.parameters >= _SLOW_ON_A_CPU:
        return warn(
            "gpu",
            f"none: a run of {billions(facts.parameters)} parameters on a CPU takes days",
            "give the trainer a GPU, or set RATCHET_TRAINER_BASE_MODEL to a smaller model",
        )
    return ok("gpu", "none: runs train on the CPU")


def _room(found: str, card: Card, facts: GpuFacts) -> Check:
    if facts.parameters is None:
        return ok(
            "gpu", f"{found}; whether a run fits is known once the base model has been loaded"
        )
    halves = _FOR_THE_RUN + facts.parameters * _BYTES_IN_HALVES
    quarter = _FOR_THE_RUN + facts.parameters * _BYTES_IN_FOUR_BITS
    needed = quarter if facts.four_bits else halves
    if needed <= card.free:
        return ok("gpu", f"{found}, a run needs about {size(needed)}")
    told = f"{found}, a run needs about {size(needed)}"
    if needed <= card.total:
        return warn(
            "gpu",
            told,
            "see with `nvidia-smi` who holds the rest; an Ollama there makes room for a run where "
            "RATCHET_TRAINER_OLLAMA_URL names it",
        )
    if quarter <= card.total:
        return warn("gpu", told, "set RATCHET_TRAINER_QUANTIZATION to nf4")
    return fail("gpu", told, "set RATCHET_TRAINER_BASE_MODEL to a smaller model, or add a GPU")
