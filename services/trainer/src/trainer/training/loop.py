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

from opentelemetry.trace import NoOpTracer, Tracer

from ratchet.processes import every
from ratchet.storage import ArtifactCorrupt, ArtifactMissing
from ratchet.telemetry import context_of, ending
from trainer.backends.run_process.child_run import ChildRunner, TrainingBroke, TrainingImpossible
from trainer.backends.run_process.run_files import RunFiles
from trainer.backends.sql.prompt_store import SqlPromptStore
from trainer.backends.sql.run_store import SqlRunStore
from trainer.domain.evaluation.acceptance_gate import (
    ChallengerAccepted,
    judge_challenger,
)
from trainer.domain.evaluation.reference_chats import reference_request
from trainer.domain.runs.child_messages import TrainingProgress, TrainRequest
from trainer.domain.runs.run import Run
from trainer.metrics import TrainerMetrics
from trainer.settings import TrainerSettings
from trainer.training.cancellation import RunAborted, abort_on_cancellation
from trainer.training.outbox_relay import OutboxRelay
from trainer.training.planner import Planner
from trainer.training.progress_report import ProgressReport
from trainer.training.run_endings import RunEndings

T = TypeVar("T")
_log = logging.getLogger(__name__)
LEASE_KEY = "ratchet:trainer:lease"


@dataclass
class TrainingLoop:
    """Trains one run after the other; `running`, `progress` and `problem` are for `/status`."""

    settings: TrainerSettings
    planner: Planner
    runs: SqlRunStore
    runner: ChildRunner
    files: RunFiles
    prompts: SqlPromptStore
    lease: Callable[[], AbstractAsyncContextManager[None]]
    relay: OutboxRelay
    metrics: TrainerMetrics
    tracer: Tracer = field(default_factory=NoOpTracer)
    running: Run | None = None
    problem: str | None = None
    _progress: ProgressReport = field(init=False, repr=False)
    _endings: RunEndings = field(init=False, repr=False)
    _republished: bool = field(default=False, repr=False)

    def __post_init__(self) -> None:
        self._progress = ProgressReport(self.relay.publisher, self.metrics)
        self._endings = RunEndings(self.runs, self.metrics, self.settings.trainer_attempts)

    @property
    def progress(self) -> TrainingProgress | None:
        return self._progress.latest

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
        await asyncio.to_thread(self.planner.request_trial)
        await self.relay.publish_due()
        run = await self._open_run()
        self.metrics.decided(self.planner.waiting, self.planner.decision, self.settings.rules)
        self.metrics.prompts.set(await asyncio.to_thread(self.prompts.count))
        if run is not None:
            await self.relay.publish_due()
            async with self.lease():
                await self._carry_out(run)
            await self.relay.publish_due()
        await asyncio.to_thread(self.files.remove_ended, self.runs.has_ended)

    async def _open_run(self) -> Run | None:
        """The run to carry out now; its base model's files are here."""
        run, base = await asyncio.to_thread(self.planner.open_run), self.planner.base
        if base is None or (run is None and not base.wanted):
            return run
        if not await base.bring():
            return None
        run = run or await asyncio.to_thread(self.planner.open_run)
        base.here = base.wanted = False
        return run

    async def _carry_out(self, run: Run) -> None:
        """Attempt the run unless another trainer has ended it while it held the lease."""
        if await asyncio.to_thread(self.runs.has_ended, run.run_id):
            return
        attributes = {"ratchet.run_id": run.run_id, "ratchet.method": run.method}
        span = self.tracer.start_span("carry out run", context_of(run.trace), attributes=attributes)
        with ending(span):
            await self._attempt(run)

    async def _attempt(self, run: Run) -> None:
        self.running = run
        self.metrics.running.set(1)
        _log.info("run %s starts by %s: %s", run.run_id, run.method, run.reason)
        began = time.monotonic()
        try:
            request = await asyncio.to_thread(self._request, run)
            report = partial(self._progress.publish, run.run_id)
            trained = await self._abortable(run, self.runner.train(request, report))
            verdict = await asyncio.to_thread(
                judge_challenger,
                trained.cases,
                trained.before,
                trained.after,
                self.settings.trainer_gate,
                run.method,
                run.recipe.seed,
                trained.base,
                trained.ended_early,
                trained.shadow,
            )
            manifest = None
            if isinstance(verdict, ChallengerAccepted):
                references = reference_request(request, trained)
                await self._abortable(run, self.runner.record_references(references))
                manifest = await asyncio.to_thread(
                    self.files.store_adapter, run, trained, references.target, verdict.figures
                )
            await asyncio.to_thread(
                self._endings.judged, run, trained, verdict, manifest, _since(began)
            )
        except RunAborted as aborted:
            await asyncio.to_thread(self._endings.give_up, run, aborted, _since(began))
        except TrainingImpossible as impossible:
            await asyncio.to_thread(self._endings.impossible, run, impossible.end, _since(began))
        except (TrainingBroke, ArtifactMissing, ArtifactCorrupt) as error:
            await asyncio.to_thread(self._endings.broken, run, str(error), _since(began))
        finally:
            self.running = self._progress.latest = None
            self.metrics.stopped()

    def _request(self, run: Run) -> TrainRequest:
        """The request to the child process; its captured prompts are those of the first attempt."""
        if not self.files.has_prompts(run.run_id):
            taught = {example.prompt for example in self.files.dataset(run).train}
            store = partial(self.files.store_prompts, run.run_id)
            self.prompts.give(run.run_id, taught, store)
        settings = self.settings
        return self.files.train_request(run, settings.cache_path, settings.trainer_gate)

    async def _abortable(self, run: Run, work: Coroutine[Any, Any, T]) -> T:
        """Abort the work when the run is cancelled, or after the time limit of one attempt."""
        cancelled_by = partial(self.runs.cancelled_by, run.run_id)
        every_s, limit_s = self.settings.trainer_poll_s, self.settings.trainer_time_limit_s
        return await abort_on_cancellation(work, cancelled_by, every_s, limit_s)


def _since(began: float) -> float:
    return round(time.monotonic() - began, 1)
