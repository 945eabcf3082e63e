"""Decides whether to train, and freezes the inputs of a run before it starts."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

from opentelemetry.context import Context
from opentelemetry.trace import NoOpTracer, Tracer

from ratchet.contract import ArtifactRef, LabelBuilt, Method, utc_now
from ratchet.telemetry import current_trace, ending, link_to
from trainer.backends.machine.local_machine import LocalMachine
from trainer.backends.sql.example_store import SqlExampleStore
from trainer.backends.sql.model_store import SqlModelStore
from trainer.backends.sql.run_store import SqlRunStore
from trainer.domain.examples.dataset import Dataset
from trainer.domain.examples.holdout import split
from trainer.domain.examples.selection import described, select
from trainer.domain.runs import run_events
from trainer.domain.runs.ages import Ages
from trainer.domain.runs.champion import Champion, champion
from trainer.domain.runs.readiness import COUNTED, ReadinessDecision, TrainLater, TrainNow, decide
from trainer.domain.runs.run import DatasetReference, Run
from trainer.domain.runs.situation import TrainingSituation, WaitingExamples
from trainer.settings import TrainerSettings
from trainer.training.base_files import BaseFiles
from trainer.training.base_trials import BaseTrials, configured_base


@dataclass
class Planner:
    """Plans runs. Its methods block on the stores: call them in a thread.

    `decision` is the last decision, `waiting` the examples that it was based on. Without `trials`
    the base model is not tried before a run; without `base` its files are not fetched.
    """

    settings: TrainerSettings
    examples: SqlExampleStore
    runs: SqlRunStore
    models: SqlModelStore
    machine: LocalMachine
    trials: BaseTrials | None = None
    ages: Ages = field(default_factory=lambda: Ages(utc_now, time.monotonic))
    base: BaseFiles | None = None
    tracer: Tracer = field(default_factory=NoOpTracer)
    decision: ReadinessDecision = field(default_factory=lambda: TrainLater("not decided yet"))
    waiting: Mapping[Method, WaitingExamples] = field(default_factory=dict)

    def request_trial(self) -> None:
        """Post a request for the trial of the base model if one is due."""
        if self.trials is not None:
            self.trials.post_due()

    def situation(self, running: str | None = None) -> TrainingSituation:
        now = utc_now()
        ends = {m: self.ages.since_s(at) for m, at in self.runs.last_ends().items()}
        request = self.examples.open_request()
        local = now.astimezone(ZoneInfo(self.settings.trainer_zone))
        return TrainingSituation(
            waiting=self.examples.waiting(self.settings.fits, self.ages.since_s),
            idle_s=min(ends.values(), default=None),
            running=running,
            requested_by=request.by if request else None,
            requested=request.method if request else None,
            quiet_s=self.examples.quiet_s(),
            last_run_s=ends,
            minute=60 * local.hour + local.minute,
            free_memory=self.machine.free_memory(),
            free_disk=self.machine.free_disk(),
            trial=self.trials.standing() if self.trials else None,
            base_obstacle=self.base.obstacle if self.base else None,
        )

    def champion(self) -> Champion:
        """The champion that a run would have to beat now."""
        accepted = self.runs.accepted(self.settings.trainer_base_model)
        return champion(accepted, self.models.events())

    def open_run(self) -> Run | None:
        """The run that has not ended, or a new one if the rules or a request start one."""
        situation = self.situation()
        self.waiting = situation.waiting
        run = self.runs.unfinished()
        if run is not None:
            return run
        self.decision = decide(situation, self.settings.rules)
        base_key = configured_base(self.settings).key
        refusal = self.runs.base_refusal(base_key)
        while isinstance(self.decision, TrainNow):
            method = self.decision.method
            requested = situation.requested_by and situation.requested in (None, method)
            dataset = self._draft(method)
            if isinstance(dataset, TrainLater):
                obstacle = dataset.reason
            elif not requested and refusal:
                obstacle = f"nothing has changed since the last run refused the base: {refusal}"
            elif not requested and self._ended_on(dataset, base_key):
                obstacle = "nothing has changed since the last run failed on the same examples"
            else:
                tried = situation.trial
                if self.base is not None and not self.base.here:
                    self.base.wanted = True
                    self.decision = TrainLater(f"{self.decision.reason}; {self.base.coming}")
                    return None
                remark = f"; {tried.reason}" if tried and tried.state == "unknown" else ""
                return self._plan(dataset, self.decision.reason, base_key, remark)
            situation = replace(situation, ruled_out={**situation.ruled_out, method: obstacle})
            self.decision = decide(situation, self.settings.rules)
        return None

    def _draft(self, method: Method) -> Dataset | TrainLater:
        """The dataset that a run would use now, or the reason why it cannot have one."""
        settings = self.settings
        waiting = self.examples.take(method, settings.most_examples, settings.fits)
        selected = select(waiting, settings.trainer_selection)
        parts = split(
            selected.examples,
            settings.trainer_held_out_share,
            settings.trainer_min_held_out,
            settings.trainer_seed,
        )
        noun = COUNTED[method]
        if len(selected.examples) < settings.rules.least:
            return TrainLater(
                f"only {len(selected.examples)} of {len(waiting)} waiting {noun}s are usable "
                f"({described(selected.left_out)} left out)"
            )
        if not parts.held_out or not parts.train:
            return TrainLater(f"all waiting {noun}s have the same question: none can be held out")
        signs = {e.desirable for e in parts.train if isinstance(e, LabelBuilt)}
        if method == "kto" and len(signs) < 2:
            return TrainLater("all labels that are not held out have the same sign")
        return Dataset(
            method=method,
            seed=settings.trainer_seed,
            train=parts.train,
            held_out=parts.held_out,
            unseen=parts.unseen,
            left_out=selected.left_out,
        )

    def _ended_on(self, dataset: Dataset, base_key: str) -> bool:
        """Whether the method's last run failed or was cancelled on the same inputs."""
        last = self.runs.last_unjudged(dataset.method)
        return (
            last is not None
            and last.dataset.artifact.sha256 == dataset.sha256
            and last.recipe == self.settings.recipe
            and last.base_model == self.settings.trainer_base_model
            and last.base_key in (None, base_key)
        )

    def _plan(self, dataset: Dataset, reason: str, base_key: str, remark: str) -> Run | None:
        """Store the run and its `RunStarted` event in one transaction.

        Returns the open run, which is another trainer's if that one has planned meanwhile.
        """
        settings = self.settings
        to_beat = self.champion().manifest
        ids = dataset.example_ids
        attributes = {"ratchet.method": dataset.method, "ratchet.examples": len(ids)}
        links = [link_to(trace) for trace in self.examples.traces(ids)]
        span = self.tracer.start_span("plan run", Context(), attributes=attributes, links=links)
        with ending(span):
            run = Run(
                run_id="",
                dataset=DatasetReference.to(dataset),
                recipe=settings.recipe,
                base_model=settings.trainer_base_model,
                champion=to_beat,
                parent=to_beat if self._may_continue_from(to_beat) else None,
                reason=reason,
                planned_at=utc_now(),
                base_key=base_key,
                remark=remark,
                widgets=self.examples.have_widgets(),
                trace=current_trace(),
            ).identified(self.runs.unjudged_on(dataset.sha256))
            span.set_attribute("ratchet.run_id", run.run_id)
            self.runs.plan(run, dataset, run_events.started(run, dataset))
        return self.runs.unfinished()

    def _may_continue_from(self, to_beat: ArtifactRef | None) -> bool:
        """An adapter that learned from data erased since is compared with, but not continued."""
        if to_beat is None or self.settings.trainer_continue_from != "champion":
            return False
        return to_beat.sha256 not in self.runs.tainted()
