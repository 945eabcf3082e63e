"""How much is free where the data directory lies, or will lie."""

import shutil
from pathlib import Path

from ratchet_cli.doctor.disk import DiskFacts


def probe(data_dir: Path, for_a_run: int, parameters: int | None) -> DiskFacts:
    place = data_dir.resolve()
    while not place.exists():
        place = place.parent
    usage = shutil.disk_usage(place)
    return DiskFacts(str(place), usage.free, usage.total, for_a_run, parameters)
