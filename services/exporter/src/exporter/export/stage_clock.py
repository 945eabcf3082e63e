"""Measures the stages of an export."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from exporter.domain.export_messages import StageDone
from exporter.domain.registry.record import ExportStage


class StageClock:
    """`seconds` are totals, as a stage may run more than once; `report` receives each end."""

    def __init__(self, report: Callable[[StageDone], None]) -> None:
        self.seconds: dict[ExportStage, float] = {}
        self._report = report

    @contextmanager
    def stage(self, name: ExportStage) -> Iterator[None]:
        started = time.monotonic()
        yield
        seconds = round(time.monotonic() - started, 3)
        self.seconds[name] = round(self.seconds.get(name, 0.0) + seconds, 3)
        self._report(StageDone(stage=name, seconds=seconds))
