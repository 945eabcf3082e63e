"""Whether training has a GPU that is visible, usable and large enough, or a CPU that suffices."""

import shutil
import subprocess
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from ratchet.processes import child_environment
from ratchet_cli.doctor.check import Check, fail, ok, warn
from ratchet_cli.formatting import GIB, byte_size, parameter_count

DeviceSetting = Literal["auto", "cpu", "cuda"]

_QUERY = ["--query-gpu=name,memory.total,memory.free", "--format=csv,noheader,nounits"]
_MIB = 2**20
_BYTES_IN_16_BITS = 2.0
_BYTES_IN_4_BITS = 0.6
_FOR_THE_RUN = 4 * GIB
"""Activations, adapter and optimizer state with one example in a micro-batch."""

_SLOW_ON_A_CPU = 1_000_000_000


@dataclass(frozen=True)
class Card:
    """Memory in bytes."""

    name: str
    total: int
    free: int


@dataclass(frozen=True)
class GpuFacts:
    """`problem` is the output of a failed nvidia-smi; `driver` is the kernel's driver version.

    `torch` is the version of the installed distribution, None if there is none.
    """

    cards: tuple[Card, ...]
    driver: str | None
    problem: str
    torch: str | None
    device: DeviceSetting
    four_bits: bool
    parameters: int | None

    @property
    def is_used(self) -> bool:
        return self.device != "cpu" and bool(self.cards)


def probe(device: DeviceSetting, four_bits: bool, parameters: int | None) -> GpuFacts:
    """Ask the driver's program: importing torch would take seconds."""
    cards, problem = _cards()
    return GpuFacts(cards, _driver(), problem, _torch(), device, four_bits, parameters)


def judge(facts: GpuFacts) -> Check:
    if facts.device == "cpu":
        return ok("gpu", "RATCHET_TRAINER_DEVICE is cpu: none is used")
    if not facts.cards:
        return _no_card(facts)
    card = max(facts.cards, key=lambda card: card.total)
    finding = f"{card.name}, {byte_size(card.free)} of {byte_size(card.total)} free"
    if facts.torch is not None and "+cpu" in facts.torch:
        return warn(
            "gpu",
            f"{finding}, but torch {facts.torch} cannot use it",
            "install torch's build for CUDA into the trainer's environment",
        )
    return _memory(finding, card, facts)


def _no_card(facts: GpuFacts) -> Check:
    if facts.driver is not None or facts.problem:
        seen = f"the kernel has driver {facts.driver}" if facts.driver else "nvidia-smi exists"
        return fail(
            "gpu",
            f"{seen}, but no card is listed: {facts.problem or 'nvidia-smi is missing'}",
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
            f"none: a run of {parameter_count(facts.parameters)} parameters on a CPU takes days",
            "give the trainer a GPU, or set RATCHET_TRAINER_BASE_MODEL to a smaller model",
        )
    return ok("gpu", "none: runs train on the CPU")


def _memory(finding: str, card: Card, facts: GpuFacts) -> Check:
    if facts.parameters is None:
        return ok("gpu", f"{finding}; the need of a run is known after the first run")
    in_16_bits = _FOR_THE_RUN + facts.parameters * _BYTES_IN_16_BITS
    in_4_bits = _FOR_THE_RUN + facts.parameters * _BYTES_IN_4_BITS
    needed = in_4_bits if facts.four_bits else in_16_bits
    finding += f", a run needs about {byte_size(needed)}"
    if needed <= card.free:
        return ok("gpu", finding)
    if needed <= card.total:
        return warn(
            "gpu",
            finding,
            "see with `nvidia-smi` which process uses the rest; if it is Ollama, set "
            "RATCHET_TRAINER_OLLAMA_URL: the trainer unloads its models before a run",
        )
    if in_4_bits <= card.total:
        return warn("gpu", finding, "set RATCHET_TRAINER_QUANTIZATION to nf4")
    return fail("gpu", finding, "set RATCHET_TRAINER_BASE_MODEL to a smaller model, or add a GPU")


def _cards() -> tuple[tuple[Card, ...], str]:
    """The cards that nvidia-smi lists, and its error message."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return (), ""
    try:
        result = subprocess.run(
            [program, *_QUERY],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
            env=child_environment(),
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return (), str(error)
    cards = tuple(card for line in result.stdout.splitlines() if (card := _card(line)))
    if cards:
        return cards, ""
    return (), (result.stdout + result.stderr).strip()[:300] or "it lists none"


def _card(line: str) -> Card | None:
    """One line of the listing; None if it has no figures for memory."""
    name, *figures = (part.strip() for part in line.rsplit(",", 2))
    if len(figures) != 2 or not all(figure.isdecimal() for figure in figures):
        return None
    total, free = (int(figure) * _MIB for figure in figures)
    return Card(name, total, free)


def _driver() -> str | None:
    try:
        text = Path("/proc/driver/nvidia/version").read_text()
    except OSError:
        return None
    return text.splitlines()[0].strip() if text.strip() else None


def _torch() -> str | None:
    try:
        return metadata.version("torch")
    except metadata.PackageNotFoundError:
        return None
