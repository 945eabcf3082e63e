"""Whether the main memory holds the base model while it is exported or, without a GPU, trained."""

from dataclasses import dataclass
from pathlib import Path

from ratchet_cli.doctor.check import Check, ok, skipped, warn
from ratchet_cli.formatting import GIB, byte_size

_NAME = "memory"
_IN_16_BITS, _IN_32_BITS = 2, 4
_BESIDES = 2 * GIB
"""Libraries, activations and one tensor in float32."""


@dataclass(frozen=True)
class MemoryFacts:
    """Bytes; `free` without swapping. `total` is 0 if the system does not report it."""

    free: int
    total: int
    on_a_gpu: bool
    parameters: int | None


def probe(
    on_a_gpu: bool, parameters: int | None, meminfo: Path = Path("/proc/meminfo")
) -> MemoryFacts:
    try:
        lines = (line.split() for line in meminfo.read_text().splitlines())
        kib = {name.rstrip(":"): int(value) for name, value, *_ in lines}
    except (OSError, ValueError):
        kib = {}
    free, total = (kib.get(name, 0) * 1024 for name in ("MemAvailable", "MemTotal"))
    return MemoryFacts(free, total, on_a_gpu, parameters)


def judge(facts: MemoryFacts) -> Check:
    if not facts.total:
        return skipped(_NAME, "the system does not report it")
    finding = f"{byte_size(facts.free)} of {byte_size(facts.total)} free"
    if facts.parameters is None:
        return ok(_NAME, f"{finding}; the need of a run is known after the first run")
    width = _IN_16_BITS if facts.on_a_gpu else _IN_32_BITS
    needed = _BESIDES + facts.parameters * width
    finding += f", a run and its export need about {byte_size(needed)}"
    if needed <= facts.free:
        return ok(_NAME, finding)
    return warn(
        _NAME,
        finding,
        "add memory, stop what uses it, or set RATCHET_TRAINER_BASE_MODEL to a smaller model",
    )
