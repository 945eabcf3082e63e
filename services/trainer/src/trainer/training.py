"""The background loop: decide, plan, train, judge, tell; any step may be the last before a crash.

A run is planned in one transaction and ended in one; in between nothing counts. Events leave
through an outbox, so what was committed is published at least once and found published.
"""

import asyncio
import logging
import time
from dataclasses import dataclass, field
from functools import partial

from redis.exceptions import RedisError

from ratchet.events.base import Event, utc_now
from trainer.domain import telling
from trainer.domain.gate import rule
from trainer.domain.job import Progress, Trained, TrainRequest
from trainer.domain.readiness import Train
from trainer.domain.runs import Run, RunEnd
from trainer.domain.scores import gains
from trainer.manifest import adapter_manifest
from trainer.metrics import TrainerMetrics
from trainer.outgoing import Outgoing
from trainer.planning import Planner
from trainer.ports import (
    Files,
    Lease,
    LeaseLost,
    LeaseTaken,
    Publish,
    Runner,
    RunStore,
    TrainingBroke,
)
from trainer.settings import TrainerSettings

_log = logging.getLogger(__name__)
_BETWEEN_NEWS_S = 1.0


@dataclass
class Training:
    """`running` and `progress` are for `/status`."""

    settings: TrainerSettings
    planner: Planner
    runs: RunStore
    runner: Runner
    files: Files
    lease: Lease
    publisher: Publish
    outgoing: Outgoing
    metrics: TrainerMetrics
    running: Run | None = None
    progress: Progress | None = None
    _told_at: float = field(default=0.0, repr=False)

    async def run(self) -> None:
        """Work until cancelled; trouble with Redis or the lease is waited out."""
        while True:
            try:
                await self.turn()
            except (RedisError, OSError) as error:
                _log.warning("no contact: %r", error)
            except (LeaseTaken, LeaseLost) as error:
                _log.warning("no right to train: %r", error)
            await asyncio.sleep(self.settings.trainer_poll_s)

    async def turn(self) -> None:
        """Publish what is due, then finish an open run, or plan one if it is time."""
        await self.outgoing.publish_due()
        run = await asyncio.to_thread(self.planner.open_run)
        pending = await asyncio.to_thread(lambda: self.planner.situation().pending)
        self.metrics.decided(pending, isinstance(self.planner.decision, Train))
        if run is not None:
            await self.outgoing.publish_due()
            await self.lease.hold(self._carry_out(run))
            await self.outgoing.publish_due()

    async def _carry_out(self, run: Run) -> None:
        self.running = run
        self.metrics.running.set(1)
        began = time.monotonic()
        try:
            request = await asyncio.to_thread(self._request, run)
            trained = await self.runner.train(request, partial(self._tell, run.run_id))
            seconds = round(time.monotonic() - began, 1)
            await asyncio.to_thread(self._end, run, trained, seconds)
        except TrainingBroke as error:
            seconds = round(time.monotonic() - began, 1)
            await asyncio.to_thread(self._broke, run, str(error), seconds)
        finally:
            self.running = self.progress = None
            self.metrics.running.set(0)

    def _request(self, run: Run) -> TrainRequest:
        champion = self.files.lay_out(run.run_id, run.dataset, run.champion)
        directory = self.files.directory(run.run_id)
        return TrainRequest(
            run_id=run.run_id,
            dataset=directory / "dataset.json",
            recipe=run.recipe,
            base_model=run.base_model,
            cache_dir=self.settings.cache_path.absolute(),
            work_dir=directory / "work",
            champion=champion,
        )

    def _end(self, run: Run, trained: Trained, seconds: float) -> None:
        difference = gains(trained.before, trained.after, run.recipe.seed)
        ruling = rule(trained.after.scores, difference, self.settings.trainer_gate)
        manifest = None
        if ruling.verdict == "accepted":
            files = self.files.keep_adapter(trained.adapter)
            manifest = self.files.keep_manifest(adapter_manifest(run, trained, files))
        end = RunEnd(
            verdict=ruling.verdict, reason=ruling.reason, ended_at=utc_now(), manifest=manifest
        )
        events: list[Event] = [telling.finished(run, end, trained, difference, seconds)]
        if manifest is not None:
            events.append(telling.checkpoint(run, end, manifest))
        self._finish(run, end, events, seconds)

    def _broke(self, run: Run, reason: str, seconds: float) -> None:
        attempts = self.runs.broke(run.run_id)
        _log.error("attempt %d of run %s broke: %s", attempts, run.run_id, reason)
        if attempts < self.settings.trainer_attempts:
            return
        why = f"gave up after {attempts} attempts: {reason}"
        end = RunEnd(verdict="failed", reason=why, ended_at=utc_now())
        self._finish(run, end, [telling.broken(run, end, seconds)], seconds)

    def _finish(self, run: Run, end: RunEnd, events: list[Event], seconds: float) -> None:
        self.runs.finish(run.run_id, end, events)
        self.metrics.ended(end.verdict, seconds)
        self.runner.clean(self.files.directory(run.run_id))

    async def _tell(self, run_id: str, progress: Progress) -> None:
        """Progress is news, not history: what Redis cannot take now is not sent later."""
        self.progress = progress
        self.metrics.progressed(progress)
        inside = 0 < progress.step < progress.steps
        if inside and time.monotonic() - self._told_at < _BETWEEN_NEWS_S:
            return
        self._told_at = time.monotonic()
        try:
            await self.publisher.publish_once(telling.progressed(run_id, progress, utc_now()))
        except (RedisError, OSError) as error:
            _log.warning("progress was not published: %s", error)
