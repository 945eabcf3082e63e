"""The stages of a run: reports each as it begins, and measures how long it takes."""

import time

from ratchet.contract import Stage
from ratchet.processes import Report
from trainer.domain.runs.child_messages import TrainingProgress


class RunClock:
    """Reports stages as they begin, and measures how long each takes."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._marks: list[tuple[Stage, float]] = []
        self._cases = 0

    def enter(self, stage: Stage, cases: int = 0) -> None:
        self._marks.append((stage, time.monotonic()))
        self._cases = cases
        self._report(TrainingProgress(stage=stage, steps=cases))

    def answered(self, count: int) -> None:
        self._report(TrainingProgress(stage=self._marks[-1][0], step=count, steps=self._cases))

    def seconds(self) -> dict[str, float]:
        ends = [at for _, at in self._marks[1:]] + [time.monotonic()]
        pairs = zip(self._marks, ends, strict=True)
        return {stage: round(end - start, 2) for (stage, start), end in pairs}
