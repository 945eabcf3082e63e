"""Decide whether to train, and freeze what a run will use before it begins."""

from dataclasses import dataclass, field

from ratchet.events.base import utc_now
from trainer.domain import telling
from trainer.domain.dataset import training_pair
from trainer.domain.holdout import split
from trainer.domain.readiness import Decision, Situation, Train, Wait, decide
from trainer.domain.runs import Run, plan_run
from trainer.ports import ExampleStore, RequestStore, RunStore
from trainer.settings import TrainerSettings


@dataclass
class Planner:
    """`decision` is the last one made. Blocks on the stores: call it in a thread."""

    settings: TrainerSettings
    examples: ExampleStore
    requests: RequestStore
    runs: RunStore
    decision: Decision = field(default_factory=lambda: Wait("not decided yet"))

    def situation(self, running: str | None = None) -> Situation:
        last = self.runs.last_end()
        return Situation(
            pending=self.examples.pending(),
            idle_s=(utc_now() - last).total_seconds() if last else None,
            running=running,
            requested_by=self.requests.asked_by(),
            quiet_s=self.examples.quiet_s(),
        )

    def open_run(self) -> Run | None:
        """The run that is not finished, or a new one if it is time for it."""
        run = self.runs.unfinished()
        if run is not None:
            return run
        self.decision = decide(self.situation(), self.settings.rules)
        return self._plan(self.decision.reason) if isinstance(self.decision, Train) else None

    def _plan(self, reason: str) -> Run | None:
        """Keep the snapshot with its hash, and the event that tells of it, in one transaction."""
        settings = self.settings
        waiting = self.examples.waiting_pairs(settings.most_pairs)
        dataset = split(
            [training_pair(event) for event in waiting],
            settings.trainer_held_out_share,
            settings.trainer_min_held_out,
            settings.trainer_seed,
        )
        if not dataset.held_out or not dataset.train:
            self.decision = Wait("all waiting pairs ask one question: none can be held out")
            return None
        run = plan_run(
            dataset,
            settings.recipe,
            settings.trainer_base_model,
            self.runs.champion(),
            reason,
            self.runs.failures_on(dataset.sha256),
            utc_now(),
        )
        self.runs.plan(run, telling.started(run))
        return run
