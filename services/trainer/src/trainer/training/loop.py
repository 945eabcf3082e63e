"""The background loop: plan a run, train and judge it, publish its events.

A run is planned in one transaction and ended in one; a crash in between repeats its work. Events
pass through an outbox: what was committed is published at least once, and counts once.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from opentelemetry.trace import NoOpTracer, StatusCode, Tracer, get_current_span
from redis.exceptions import RedisError

from ratchet.contract import ArtifactRef, Event, utc_now
from ratchet.processes import every
from ratchet.storage import ArtifactCorrupt, ArtifactMissing
from ratchet.telemetry import context_of, ending
from trainer.backends.run_process.run_files import RunFiles
from trainer.backends.sql.run_store import SqlRunStore
from trainer.domain.evaluation.acceptance_gate import (
    ChallengerAccepted,
    GateVerdict,
    judge_challenger,
)
from trainer.domain.evaluation.reference_chats import reference_request
from trainer.domain.examples.fit import NOTHING, LeftOut
from trainer.domain.runs import run_events
from trainer.domain.runs.child_messages import RunImpossible, TrainingProgress, TrainingResult
from trainer.domain.runs.run import Run, RunEnd
from trainer.metrics import TrainerMetrics
from trainer.ports import (
    EventPublisher,
    Runner,
    TrainingBroke,
    TrainingImpossible,
)
from trainer.settings import TrainerSettings
from trainer.training.cancellation import RunAborted, abort_on_cancellation, aborted_by
from trainer.training.manifest import store_adapter
from trainer.training.outbox_relay import OutboxRelay
from trainer.training.planner import Planner

T = TypeVar("T")
_log = logging.getLogger(__name__)
LEASE_KEY = "ratchet:trainer:lease"
_PROGRESS_EVERY_S = 1.0


@dataclass
class TrainingLoop:
    """Trains one run after the other; `running`, `progress` and `problem` are for `/status`."""

    settings: TrainerSettings
    planner: Planner
    runs: SqlRunStore
    runner: Runner
    files: RunFiles
    lease: Callable[[], AbstractAsyncContextManager[None]]
    publisher: EventPublisher
    relay: OutboxRelay
    metrics: TrainerMetrics
    tracer: Tracer = field(default_factory=NoOpTracer)
    running: Run | None = None
    progress: TrainingProgress | None = None
    problem: str | None = None
    _reported_at: float = field(default=0.0, repr=False)
    _republished: bool = field(default=False, repr=False)

    async def run(self) -> None:
        """Work until cancelled; retry after problems with Redis, the disk or the lease."""
        poll_s, report = self.settings.trainer_poll_s, self._report_problem
        await every(poll_s, self._turn_after_start, "training waits", report=report)

    async def _turn_after_start(self) -> None:
        if not self._republished:
            await self.relay.republish_recent()
            self._republished = True
        await self.turn()

    def _report_problem(self, problem: str | None) -> None:
        self.problem = problem
        self.metrics.trouble.set(problem is not None)

    async def turn(self) -> None:
        """Publish due events, carry out the open run or plan one if it is time, and clean up."""
        await self.relay.publish_due()
        run = await asyncio.to_thread(self.planner.open_run)
        self.metrics.decided(self.planner.waiting, self.planner.decision, self.settings.rules)
        if run is not None:
            await self.relay.publish_due()
            async with self.lease():
                await self._carry_out(run)
            await self.relay.publish_due()
        await asyncio.to_thread(self._clean_up)

    async def _carry_out(self, run: Run) -> None:
        """Attempt the run unless another trainer has ended it while it held the lease."""
        if await asyncio.to_thread(self.runs.has_ended, run.run_id):
            return
        attributes = {"ratchet.run_id": run.run_id, "ratchet.method": run.method}
        parent = context_of(run.trace)
        span = self.tracer.start_span("carry out run", parent, attributes=attributes)
        with ending(span):
            await self._attempt(run)

    async def _attempt(self, run: Run) -> None:
        self.running = run
        self.metrics.began()
        _log.info("run %s starts by %s: %s", run.run_id, run.method, run.reason)
        began = time.monotonic()
        try:
            request = await asyncio.to_thread(
                self.files.train_request, run, self.settings.cache_path
            )
            report = partial(self._report_progress, run.run_id)
            trained = await self._abortable(run, self.runner.train(request, report))
            verdict = await asyncio.to_thread(
                judge_challenger,
                trained.cases,
                trained.before,
                trained.after,
                self.settings.trainer_gate,
                run.method,
                run.recipe.seed,
            )
            manifest = None
            if isinstance(verdict, ChallengerAccepted):
                references = reference_request(request, trained)
                await self._abortable(run, self.runner.record_references(references))
                manifest = await asyncio.to_thread(
                    store_adapter, self.files, run, trained, references.target, verdict.figures
                )
            await asyncio.to_thread(self._end, run, trained, verdict, manifest, _since(began))
        except RunAborted as aborted:
            await asyncio.to_thread(self._give_up, run, aborted, _since(began))
        except TrainingImpossible as impossible:
            await asyncio.to_thread(self._impossible, run, impossible.end, _since(began))
        except (TrainingBroke, ArtifactMissing, ArtifactCorrupt) as error:
            await asyncio.to_thread(self._broke, run, str(error), _since(began))
        finally:
            self.running = self.progress = None
            self.metrics.stopped()

    async def _abortable(self, run: Run, work: Coroutine[Any, Any, T]) -> T:
        """Abort the work when the run is cancelled, or after the time limit of one attempt."""
        return await abort_on_cancellation(
            work,
            partial(self.runs.cancelled_by, run.run_id),
            self.settings.trainer_poll_s,
            self.settings.trainer_time_limit_s,
        )

    def _end(
        self,
        run: Run,
        trained: TrainingResult,
        verdict: GateVerdict,
        manifest: ArtifactRef | None,
        seconds: float,
    ) -> None:
        reason = verdict.reason + trained.left_out.remark
        end = RunEnd(verdict=verdict.verdict, reason=reason, ended_at=utc_now(), manifest=manifest)
        events: list[Event] = [run_events.finished(run, end, trained, verdict.figures, seconds)]
        if manifest is not None:
            events.append(run_events.checkpoint(run, end, manifest))
        self._finish(run, end, events, seconds, trained.left_out)
        self.metrics.gate.observe(verdict.figures)

    def _impossible(self, run: Run, data: RunImpossible, seconds: float) -> None:
        end = RunEnd(verdict="failed", reason=data.reason, ended_at=utc_now())
        event = run_events.broken(run, end, seconds, data.left_out)
        self._finish(run, end, [event], seconds, data.left_out)

    def _broke(self, run: Run, reason: str, seconds: float) -> None:
        get_current_span().set_status(StatusCode.ERROR, reason)
        attempts = self.runs.broke(run.run_id)
        _log.error("attempt %d of run %s broke: %s", attempts, run.run_id, reason)
        if attempts >= self.settings.trainer_attempts:
            aborted = RunAborted("failed", f"gave up after {attempts} attempts: {reason}")
            self._give_up(run, aborted, seconds)

    def _give_up(self, run: Run, aborted: RunAborted, seconds: float) -> None:
        end = RunEnd(verdict=aborted.verdict, reason=str(aborted), ended_at=utc_now())
        self._finish(run, end, [run_events.broken(run, end, seconds)], seconds)

    def _finish(
        self,
        run: Run,
        end: RunEnd,
        events: list[Event],
        seconds: float,
        left_out: LeftOut = NOTHING,
    ) -> None:
        """Raises `RunAborted` if the run was cancelled before this verdict was committed."""
        user = self.runs.finish(run.run_id, end, events, left_out.ids)
        if user is not None:
            raise aborted_by(user)
        self.metrics.leave_out(left_out.counts)
        span = get_current_span()
        span.set_attributes({"ratchet.verdict": end.verdict, "ratchet.reason": end.reason})
        self.metrics.ended(end.verdict, seconds)
        _log.info("run %s is %s: %s", run.run_id, end.verdict, end.reason)

    def _clean_up(self) -> None:
        """Remove the files of ended runs, whichever process ended them."""
        for run_id in self.files.run_ids():
            if self.runs.has_ended(run_id):
                self.runner.clean(self.files.directory(run_id))

    async def _report_progress(self, run_id: str, progress: TrainingProgress) -> None:
        """Publish progress, not more than once a second; what Redis rejects is not repeated."""
        self.progress = progress
        self.metrics.progressed(progress)
        inside = 0 < progress.step < progress.steps
        if inside and time.monotonic() - self._reported_at < _PROGRESS_EVERY_S:
            return
        self._reported_at = time.monotonic()
        try:
            await self.publisher.publish_once(run_events.progressed(run_id, progress, utc_now()))
        except (RedisError, OSError) as error:
            _log.warning("progress was not published: %s", error)


def _since(began: float) -> float:
    return round(time.monotonic() - began, 1)
