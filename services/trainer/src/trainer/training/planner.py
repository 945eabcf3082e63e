"""Decide whether to train, and freeze what a run will use before it begins."""

from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

from ratchet.contract import ArtifactRef, LabelBuilt, Method, utc_now
from ratchet.telemetry import Tracer, Untraced, spanning
from trainer.domain.examples.dataset import Dataset
from trainer.domain.examples.holdout import split
from trainer.domain.examples.selection import select
from trainer.domain.runs import run_events
from trainer.domain.runs.champion import Champion, champion
from trainer.domain.runs.readiness import COUNTED, Decision, Train, Wait, decide
from trainer.domain.runs.run import Run, plan_run
from trainer.domain.runs.situation import Situation
from trainer.ports import ExampleStore, Machine, ModelStore, RequestStore, RunStore
from trainer.settings import TrainerSettings


@dataclass
class Planner:
    """`decision` is the last one made. Blocks on the stores: call it in a thread."""

    settings: TrainerSettings
    examples: ExampleStore
    requests: RequestStore
    runs: RunStore
    models: ModelStore
    machine: Machine
    tracer: Tracer = field(default_factory=Untraced)
    decision: Decision = field(default_factory=lambda: Wait("not decided yet"))

    def situation(self, running: str | None = None) -> Situation:
        now = utc_now()
        ends = {m: (now - at).total_seconds() for m, at in self.runs.last_ends().items()}
        request = self.requests.asked()
        local = now.astimezone(ZoneInfo(self.settings.trainer_zone))
        return Situation(
            waiting=self.examples.waiting(),
            idle_s=min(ends.values(), default=None),
            running=running,
            requested_by=request.by if request else None,
            requested=request.method if request else None,
            quiet_s=self.examples.quiet_s(),
            last_run_s=ends,
            minute=60 * local.hour + local.minute,
            free_memory=self.machine.free_memory(),
            free_disk=self.machine.free_disk(),
        )

    def champion(self) -> Champion:
        """What a run would have to beat now."""
        accepted = self.runs.accepted(self.settings.trainer_base_model)
        return champion(accepted, self.models.told())

    def open_run(self) -> Run | None:
        """The run that is not finished, or a new one if it is time for it."""
        run = self.runs.unfinished()
        if run is not None:
            return run
        situation = self.situation()
        self.decision = decide(situation, self.settings.rules)
        while isinstance(self.decision, Train):
            method = self.decision.method
            asked_for = situation.requested_by and situation.requested in (None, method)
            drafted = self._draft(method)
            if isinstance(drafted, Wait):
                why_not = drafted.reason
            elif not asked_for and self._ended_alike(method, drafted):
                why_not = "nothing has changed since the last run failed on the same examples"
            else:
                return self._plan(drafted, self.decision.reason)
            situation = replace(situation, ruled_out={**situation.ruled_out, method: why_not})
            self.decision = decide(situation, self.settings.rules)
        return None

    def _draft(self, method: Method) -> Dataset | Wait:
        """The snapshot a run would use now, or why there can be none."""
        settings = self.settings
        waiting = self.examples.take(method, settings.most_examples)
        selected = select(waiting, settings.trainer_selection)
        parts = split(
            selected.examples,
            settings.trainer_held_out_share,
            settings.trainer_min_held_out,
            settings.trainer_seed,
        )
        noun = COUNTED[method]
        if len(selected.examples) < settings.rules.least:
            return Wait(
                f"of {len(waiting)} waiting {noun}s {len(selected.examples)} may teach "
                f"({_spoken(selected.left_out)} left out)"
            )
        if not parts.held_out or not parts.train:
            return Wait(f"all waiting {noun}s ask one question: none can be held out")
        signs = {e.desirable for e in parts.train if isinstance(e, LabelBuilt)}
        if method == "kto" and len(signs) < 2:
            return Wait("outside the held-out kinds all labels have the same sign")
        return Dataset(
            method=method,
            seed=settings.trainer_seed,
            train=parts.train,
            held_out=parts.held_out,
            unseen=parts.unseen,
            left_out=selected.left_out,
        )

    def _ended_alike(self, method: Method, dataset: Dataset) -> bool:
        """Whether the method's last run failed, or was cancelled, on the very same inputs."""
        last = self.runs.last_unjudged(method)
        return (
            last is not None
            and last.dataset.sha256 == dataset.sha256
            and last.recipe == self.settings.recipe
            and last.base_model == self.settings.trainer_base_model
        )

    def _plan(self, dataset: Dataset, reason: str) -> Run | None:
        """Keep the snapshot with its hash, and the event that tells of it, in one transaction.

        Returns the open run: another trainer's, where that has planned one meanwhile.
        """
        settings = self.settings
        to_beat = self.champion().manifest
        links = self.examples.traces(dataset.example_ids)
        facts = {"ratchet.method": dataset.method, "ratchet.examples": len(dataset.example_ids)}
        with spanning(self.tracer, "plan run", "internal", {}, facts, links) as span:
            run = plan_run(
                dataset,
                settings.recipe,
                settings.trainer_base_model,
                to_beat,
                to_beat if self._may_go_on_from(to_beat) else None,
                reason,
                self.runs.unjudged_on(dataset.sha256),
                utc_now(),
                span.trace,
            )
            span.tell({"ratchet.run_id": run.run_id})
            self.runs.plan(run, run_events.started(run))
        return self.runs.unfinished()

    def _may_go_on_from(self, to_beat: ArtifactRef | None) -> bool:
        """An adapter that learnt from what was forgotten is compared with, and not gone on from."""
        if to_beat is None or self.settings.trainer_continue_from != "champion":
            return False
        return to_beat.sha256 not in self.runs.tainted()


def _spoken(left_out: dict[str, int]) -> str:
    return ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in left_out.items())
