"""Whether the data directory has room for a run and an export."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from ratchet_cli.doctor.check import Check, fail, ok, warn
from ratchet_cli.formatting import byte_size

_EXPORT_BYTES = 8.4
"""Per parameter: base and model in f16, the largest format and its copy in a registry, and 5 %."""

_REMEDY = "make room, or move the data directory (--data-dir, RATCHET_DATA_DIR) to a larger disk"


@dataclass(frozen=True)
class DiskFacts:
    """Bytes at `directory`, and those `required` by a run; `parameters` is None if unknown."""

    directory: str
    free: int
    total: int
    required: int
    parameters: int | None


def probe(data_dir: Path, required: int, parameters: int | None) -> DiskFacts:
    """The file system of `data_dir`, or of its nearest existing parent."""
    directory = data_dir.resolve()
    while not directory.exists():
        directory = directory.parent
    usage = shutil.disk_usage(directory)
    return DiskFacts(str(directory), usage.free, usage.total, required, parameters)


def judge(facts: DiskFacts) -> Check:
    finding = f"{byte_size(facts.free)} of {byte_size(facts.total)} free at {facts.directory}"
    if facts.free < facts.required:
        return fail(
            "disk", f"{finding}, a run requires {byte_size(facts.required)}", _REMEDY, is_cause=True
        )
    if facts.parameters is None:
        return ok("disk", f"{finding}; the need of an export is known after the first run")
    needed = facts.parameters * _EXPORT_BYTES
    finding += f", an export needs up to {byte_size(needed)}"
    return warn("disk", finding, _REMEDY) if facts.free < needed else ok("disk", finding)
