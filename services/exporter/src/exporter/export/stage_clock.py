"""How long each stage of an export took."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from exporter.domain.export_messages import StageDone
from exporter.domain.registry.record import Stage


class StageClock:
    """`seconds` adds up a stage that runs more than once; each end is reported."""

    def __init__(self, report: Callable[[StageDone], None]) -> None:
        self.seconds: dict[Stage, float] = {}
        self._report = report

    @contextmanager
    def stage(self, name: Stage) -> Iterator[None]:
        started = time.monotonic()
        yield
        took = round(time.monotonic() - started, 3)
        self.seconds[name] = round(self.seconds.get(name, 0.0) + took, 3)
        self._report(StageDone(stage=name, seconds=took))
