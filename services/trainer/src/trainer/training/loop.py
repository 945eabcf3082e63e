"""The background loop: decide, plan, train, judge, tell; any step may be the last before a crash.

A run is planned in one transaction and ended in one; in between nothing counts. Events leave
through an outbox, so what was committed is published at least once and found published.
"""

import asyncio
import logging
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from redis.exceptions import RedisError

from ratchet.contract import ArtifactRef, Event, utc_now
from ratchet.storage import ArtifactCorrupt, ArtifactMissing
from ratchet.telemetry import Tracer, Untraced, span_at_hand, spanning
from trainer.backends.run_process.run_files import RunFiles
from trainer.backends.sql.run_store import SqlRunStore
from trainer.domain.evaluation.acceptance_gate import Accepted, Ruling, rule
from trainer.domain.runs import run_events
from trainer.domain.runs.child_messages import Progress, Trained
from trainer.domain.runs.run import Run, RunEnd
from trainer.metrics import TrainerMetrics
from trainer.ports import (
    EventPublisher,
    Lease,
    LeaseLost,
    LeaseTaken,
    Runner,
    TrainingBroke,
)
from trainer.settings import TrainerSettings
from trainer.training.cancellation import CalledOff, cancelled, unless_called_off
from trainer.training.child_requests import reference_request, train_request
from trainer.training.manifest import store_adapter
from trainer.training.outbox_relay import Outgoing
from trainer.training.planner import Planner

T = TypeVar("T")
Manifest = ArtifactRef | None
_log = logging.getLogger(__name__)
_BETWEEN_NEWS_S = 1.0


@dataclass
class Training:
    """`running`, `progress` and `trouble` are for `/status`."""

    settings: TrainerSettings
    planner: Planner
    runs: SqlRunStore
    runner: Runner
    files: RunFiles
    lease: Lease
    publisher: EventPublisher
    outgoing: Outgoing
    metrics: TrainerMetrics
    tracer: Tracer = field(default_factory=Untraced)
    running: Run | None = None
    progress: Progress | None = None
    trouble: str | None = None
    _told_at: float = field(default=0.0, repr=False)

    async def run(self) -> None:
        """Work until cancelled; trouble with Redis, the disk or the lease is waited out."""
        offered = False
        while True:
            try:
                if not offered:
                    await self.outgoing.offer_again()
                    offered = True
                await self.turn()
                self._is_in_trouble(None)
            except (RedisError, OSError) as error:
                self._is_in_trouble(str(error) or repr(error))
            except (LeaseTaken, LeaseLost) as error:
                self._is_in_trouble(f"no right to train: {error}")
            await asyncio.sleep(self.settings.trainer_poll_s)

    def _is_in_trouble(self, trouble: str | None) -> None:
        if trouble is not None:
            _log.warning("training is held up: %s", trouble)
        self.trouble = trouble
        self.metrics.trouble.set(trouble is not None)

    async def turn(self) -> None:
        """Publish what is due, finish an open run, or plan one if it is time, and tidy up."""
        await self.outgoing.publish_due()
        run = await asyncio.to_thread(self.planner.open_run)
        self.metrics.decided(self.planner.waiting, self.planner.decision, self.settings.rules)
        if run is not None:
            await self.outgoing.publish_due()
            await self.lease.hold(self._carry_out(run))
            await self.outgoing.publish_due()
        await asyncio.to_thread(self._tidy)

    async def _carry_out(self, run: Run) -> None:
        """Another trainer may have ended the run before the lease was free."""
        if await asyncio.to_thread(self.runs.has_ended, run.run_id):
            return
        facts = {"ratchet.run_id": run.run_id, "ratchet.method": run.method}
        with spanning(self.tracer, "carry out run", "internal", run.trace, facts):
            await self._attempt(run)

    async def _attempt(self, run: Run) -> None:
        self.running = run
        self.metrics.began()
        _log.info("run %s begins by %s: %s", run.run_id, run.method, run.reason)
        began = time.monotonic()
        try:
            request = await asyncio.to_thread(train_request, run, self.files, self.settings)
            tell = partial(self._tell, run.run_id)
            trained = await self._attended(run, self.runner.train(request, tell))
            judging = partial(rule, trained.cases, trained.before, trained.after)
            gate, seed = self.settings.trainer_gate, run.recipe.seed
            ruling = await asyncio.to_thread(judging, gate, run.method, seed)
            manifest = None
            if isinstance(ruling, Accepted):
                references = reference_request(request, trained)
                await self._attended(run, self.runner.record_references(references))
                manifest = await asyncio.to_thread(
                    store_adapter, self.files, run, trained, references.target, ruling.figures
                )
            await asyncio.to_thread(self._end, run, trained, ruling, manifest, _since(began))
        except CalledOff as off:
            await asyncio.to_thread(self._give_up, run, off, _since(began))
        except (TrainingBroke, ArtifactMissing, ArtifactCorrupt) as error:
            await asyncio.to_thread(self._broke, run, str(error), _since(began))
        finally:
            self.running = self.progress = None
            self.metrics.stopped()

    async def _attended(self, run: Run, work: Coroutine[Any, Any, T]) -> T:
        """The limit counts from this process's start of the work."""
        return await unless_called_off(
            work,
            partial(self.runs.cancelled_by, run.run_id),
            self.settings.trainer_poll_s,
            self.settings.trainer_time_limit_s,
        )

    def _end(
        self, run: Run, trained: Trained, ruling: Ruling, manifest: Manifest, seconds: float
    ) -> None:
        end = RunEnd(
            verdict=ruling.verdict, reason=ruling.reason, ended_at=utc_now(), manifest=manifest
        )
        events: list[Event] = [run_events.finished(run, end, trained, ruling.figures, seconds)]
        if manifest is not None:
            events.append(run_events.checkpoint(run, end, manifest))
        self._finish(run, end, events, seconds)
        self.metrics.gate.judged(ruling.figures)

    def _broke(self, run: Run, reason: str, seconds: float) -> None:
        span_at_hand().fail(reason)
        attempts = self.runs.broke(run.run_id)
        _log.error("attempt %d of run %s broke: %s", attempts, run.run_id, reason)
        if attempts >= self.settings.trainer_attempts:
            gave_up = CalledOff("failed", f"gave up after {attempts} attempts: {reason}")
            self._give_up(run, gave_up, seconds)

    def _give_up(self, run: Run, off: CalledOff, seconds: float) -> None:
        end = RunEnd(verdict=off.verdict, reason=str(off), ended_at=utc_now())
        self._finish(run, end, [run_events.broken(run, end, seconds)], seconds)

    def _finish(self, run: Run, end: RunEnd, events: list[Event], seconds: float) -> None:
        """Raises `CalledOff` where somebody cancelled while the verdict was being reached."""
        who = self.runs.finish(run.run_id, end, events)
        if who is not None:
            raise cancelled(who)
        span_at_hand().tell({"ratchet.verdict": end.verdict, "ratchet.reason": end.reason})
        self.metrics.ended(end.verdict, seconds)
        _log.info("run %s is %s: %s", run.run_id, end.verdict, end.reason)

    def _tidy(self) -> None:
        """Remove what runs left that have ended, whichever process ended them."""
        for run_id in self.files.run_ids():
            if self.runs.has_ended(run_id):
                self.runner.clean(self.files.directory(run_id))

    async def _tell(self, run_id: str, progress: Progress) -> None:
        """Progress is news, not history: what Redis cannot take now is not sent later."""
        self.progress = progress
        self.metrics.progressed(progress)
        inside = 0 < progress.step < progress.steps
        if inside and time.monotonic() - self._told_at < _BETWEEN_NEWS_S:
            return
        self._told_at = time.monotonic()
        try:
            await self.publisher.publish_once(run_events.progressed(run_id, progress, utc_now()))
        except (RedisError, OSError) as error:
            _log.warning("progress was not published: %s", error)


def _since(began: float) -> float:
    return round(time.monotonic() - began, 1)
