"""Whether a run and an export find room in the data directory."""

from dataclasses import dataclass

from ratchet_cli.doctor.check import Check, fail, ok, warn
from ratchet_cli.doctor.sizes import size

_EXPORT_BYTES = 8.4
"""Per parameter: base and model in f16, the largest format and its copy in a registry, and 5 %."""

_MEND = "make room, or move the data directory (--data-dir, RATCHET_DATA_DIR) to a larger disk"


@dataclass(frozen=True)
class DiskFacts:
    """`for_a_run` is what the trainer wants free; `parameters` of the base, None if not known."""

    place: str
    free: int
    total: int
    for_a_run: int
    parameters: int | None


def judge(facts: DiskFacts) -> Check:
    found = f"{size(facts.free)} of {size(facts.total)} free at {facts.place}"
    if facts.free < facts.for_a_run:
        return fail("disk", f"{found}, a run waits for {size(facts.for_a_run)}", _MEND)
    if facts.parameters is None:
        return ok(
            "disk", f"{found}; what an export needs is known once the base model has been loaded"
        )
    needed = facts.parameters * _EXPORT_BYTES
    if facts.free < needed:
        return warn("disk", f"{found}, an export needs up to {size(needed)}", _MEND)
    return ok("disk", f"{found}, an export needs up to {size(needed)}")
