"""Requests the trial of the configured base model from the exporter, and reads where it stands."""

from dataclasses import dataclass, field
from datetime import datetime

from ratchet.contract import BaseTrialRequested, utc_now
from trainer.backends.base_identity import base_identity
from trainer.backends.sql.trial_store import SqlTrialStore
from trainer.domain.runs.base_trial import TrialStanding, due_request, standing
from trainer.settings import TrainerSettings


@dataclass(frozen=True)
class BaseTrials:
    """Its methods block on the store and on files: call them in a thread."""

    settings: TrainerSettings
    store: SqlTrialStore
    started: datetime = field(default_factory=utc_now)

    def post_due(self) -> None:
        """Store and post a request if one is due; raises `OSError`."""
        base, now = base_identity(self.settings), utc_now()
        retry_s = self.settings.trainer_trial_retry_s
        event_id = due_request(self.store.of(base.key), base, now, self.started, retry_s)
        if event_id is not None:
            request = BaseTrialRequested(
                event_id=event_id,
                occurred_at=now,
                base_model=base.base_model,
                revision=base.revision,
                chat_template=base.chat_template,
            )
            self.store.add(base.key, request)

    def standing(self) -> TrialStanding:
        """Raises `OSError`."""
        base = base_identity(self.settings)
        limit_s = self.settings.trainer_trial_wait_s
        return standing(self.store.of(base.key), base, utc_now(), limit_s)
