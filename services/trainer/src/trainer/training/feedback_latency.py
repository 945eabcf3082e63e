"""When a model goes into service: how long the feedback that it learnt from has waited for it."""

from collections.abc import Sequence
from dataclasses import dataclass

from ratchet.contract import ModelActivated, ModelRegistered
from trainer.domain.runs.champion import Told
from trainer.ports import ModelStore, RunStore
from trainer.training.gate_metrics import ServedMetrics


@dataclass(frozen=True)
class ServedTimes:
    models: ModelStore
    runs: RunStore
    metrics: ServedMetrics

    def heard(self, told: Sequence[Told]) -> None:
        """Count what a checkpoint brought into service, not what a person went back to.

        A version that no run here has made, such as an installed bundle, is none of ours.
        """
        new = [e for e in told if isinstance(e, ModelActivated) and not e.requested_by]
        if not new:
            return
        registered = [e for e in self.models.told() if isinstance(e, ModelRegistered)]
        made_by = {event.version: event.run_id for event in registered}
        for activated in new:
            run = self.runs.planned(made_by.get(activated.version, ""))
            if run is not None:
                ages = [activated.occurred_at - taught.occurred_at for taught in run.dataset.train]
                self.metrics.served(age.total_seconds() for age in ages)
