"""Measures how long feedback took to reach a model in service."""

from collections.abc import Sequence
from dataclasses import dataclass

from ratchet.contract import ModelActivated, ModelRegistered
from trainer.backends.sql.model_store import SqlModelStore
from trainer.backends.sql.run_store import SqlRunStore
from trainer.domain.runs.champion import ModelEvent
from trainer.metrics import FeedbackLatencyMetrics


@dataclass(frozen=True)
class FeedbackLatency:
    models: SqlModelStore
    runs: SqlRunStore
    metrics: FeedbackLatencyMetrics

    def observe(self, events: Sequence[ModelEvent]) -> None:
        """Observe the activations that followed a checkpoint, not those that a user requested.

        A version that no run of this trainer made, such as an installed bundle, has no examples.
        """
        new = [e for e in events if isinstance(e, ModelActivated) and not e.requested_by]
        if not new:
            return
        registered = [e for e in self.models.events() if isinstance(e, ModelRegistered)]
        run_of = {event.version: event.run_id for event in registered}
        for activated in new:
            for at in self.runs.trained_on(run_of.get(activated.version, "")):
                self.metrics.seconds.observe((activated.occurred_at - at).total_seconds())
