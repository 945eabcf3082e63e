"""Metrics of disk space and of the size of all artifacts."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector


class StorageCollector(Collector):
    """Collects at each scrape; `artifacts` is the directory of an `ArtifactStore`.

    If it is on a separate disk, the metrics are those of the fuller disk.
    """

    def __init__(self, data_dir: Path, artifacts: Path) -> None:
        self._data_dir = data_dir.resolve()
        self._artifacts = artifacts.resolve()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        places = map(_existing, (self._data_dir, self._artifacts))
        usage = min(map(shutil.disk_usage, places), key=lambda disk: disk.free / disk.total)
        yield GaugeMetricFamily(
            "ratchet_disk_size_bytes",
            "Size of the fuller disk: the data directory's or the artifacts'.",
            value=usage.total,
        )
        yield GaugeMetricFamily(
            "ratchet_disk_free_bytes",
            "Bytes left on the fuller disk: the data directory's or the artifacts'.",
            value=usage.free,
        )
        yield GaugeMetricFamily(
            "ratchet_artifacts_bytes",
            "Bytes of all artifacts.",
            value=sum(_sizes(self._artifacts)),
        )


def _existing(place: Path) -> Path:
    while not place.exists():
        place = place.parent
    return place


def _sizes(directory: Path) -> Iterator[int]:
    """A file that is deleted meanwhile is skipped."""
    for folder, _, names in os.walk(directory):
        for name in names:
            try:
                yield (Path(folder) / name).stat().st_size
            except FileNotFoundError:
                continue
