"""Which GPUs are here, asked of the driver: torch would take seconds to load."""

import shutil
import subprocess
from importlib import metadata
from pathlib import Path

from ratchet_cli.doctor.gpu import Card, Device, GpuFacts

_QUERY = ["--query-gpu=name,memory.total,memory.free", "--format=csv,noheader,nounits"]
_MIB = 2**20


def probe(device: Device, four_bits: bool, parameters: int | None) -> GpuFacts:
    cards, problem = _cards()
    return GpuFacts(cards, _driver(), problem, _torch(), device, four_bits, parameters)


def _cards() -> tuple[tuple[Card, ...], str]:
    """What nvidia-smi lists, and what it complains of."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return (), ""
    try:
        said = subprocess.run(
            [program, *_QUERY], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return (), str(error)
    cards = tuple(card for line in said.stdout.splitlines() if (card := _card(line)) is not None)
    return cards, "" if cards else (said.stdout + said.stderr).strip()[:300] or "it lists none"


def _card(line: str) -> Card | None:
    """A card of a line; memory is not told for every one, then it is None."""
    name, *figures = (part.strip() for part in line.rsplit(",", 2))
    if len(figures) != 2 or not all(figure.isdecimal() for figure in figures):
        return None
    total, free = (int(figure) * _MIB for figure in figures)
    return Card(name, total, free)


def _driver() -> str | None:
    try:
        said = Path("/proc/driver/nvidia/version").read_text()
    except OSError:
        return None
    return said.splitlines()[0].strip() if said.strip() else None


def _torch() -> str | None:
    try:
        return metadata.version("torch")
    except metadata.PackageNotFoundError:
        return None
