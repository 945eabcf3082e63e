"""Ends runs: each verdict is stored with its events in one transaction."""

import logging
from dataclasses import dataclass

from opentelemetry.trace import StatusCode, get_current_span

from ratchet.contract import ArtifactRef, Event, utc_now
from trainer.backends.sql.run_store import SqlRunStore
from trainer.domain.evaluation.acceptance_gate import GateVerdict
from trainer.domain.examples.fit import NOTHING, LeftOut
from trainer.domain.runs import run_events
from trainer.domain.runs.child_messages import RunImpossible, TrainingResult
from trainer.domain.runs.run import Run, RunEnd
from trainer.metrics import TrainerMetrics
from trainer.training.cancellation import RunAborted, aborted_by

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunEndings:
    """A run that breaks is attempted at most `attempts` times."""

    runs: SqlRunStore
    metrics: TrainerMetrics
    attempts: int

    def judged(
        self,
        run: Run,
        trained: TrainingResult,
        verdict: GateVerdict,
        manifest: ArtifactRef | None,
        seconds: float,
    ) -> None:
        """End the run with the gate's verdict; an accepted one has a `manifest`."""
        reason = verdict.reason + trained.remark + run.remark
        end = RunEnd(verdict=verdict.verdict, reason=reason, ended_at=utc_now(), manifest=manifest)
        events: list[Event] = [run_events.finished(run, end, trained, verdict.figures, seconds)]
        if manifest is not None:
            events.append(run_events.checkpoint(run, end, manifest))
        self._finish(run, end, events, seconds, trained.left_out)
        self.metrics.gate.observe(verdict.figures)

    def broken(self, run: Run, reason: str, seconds: float) -> None:
        """Count a failed attempt; the last one ends the run."""
        get_current_span().set_status(StatusCode.ERROR, reason)
        attempts = self.runs.broke(run.run_id)
        _log.error("attempt %d of run %s failed: %s", attempts, run.run_id, reason)
        if attempts >= self.attempts:
            aborted = RunAborted("failed", f"gave up after {attempts} attempts: {reason}")
            self.give_up(run, aborted, seconds)

    def give_up(self, run: Run, aborted: RunAborted, seconds: float) -> None:
        """End a run that was cancelled or has failed."""
        end = RunEnd(verdict=aborted.verdict, reason=str(aborted), ended_at=utc_now())
        self._finish(run, end, [run_events.broken(run, end, seconds)], seconds)

    def impossible(self, run: Run, impossible: RunImpossible, seconds: float) -> None:
        """End a run whose base model or examples allow no training."""
        about = {"reason": impossible.reason, "of_base": impossible.of_base}
        end = RunEnd(verdict="failed", ended_at=utc_now(), **about)
        event = run_events.broken(run, end, seconds, impossible.left_out)
        self._finish(run, end, [event], seconds, impossible.left_out)

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
