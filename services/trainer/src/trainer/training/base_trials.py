"""Requests the trial of the configured base model from the exporter, and reads where it stands."""

import time
from dataclasses import dataclass, field

from ratchet.contract import BaseTrialRequested, utc_now
from trainer.backends.base_identity import base_identity
from trainer.backends.sql.trial_store import SqlTrialStore
from trainer.domain.runs.ages import Ages
from trainer.domain.runs.base_trial import BaseIdentity, TrialStanding, due_request, standing
from trainer.settings import TrainerSettings


def configured_base(settings: TrainerSettings) -> BaseIdentity:
    """The base model of the settings as it is now; raises `OSError`."""
    return base_identity(
        settings.trainer_base_model, settings.cache_path, settings.trainer_chat_template_file
    )


@dataclass(frozen=True)
class BaseTrials:
    """Its methods block on the store and on files: call them in a thread."""

    settings: TrainerSettings
    store: SqlTrialStore
    ages: Ages = field(default_factory=lambda: Ages(utc_now, time.monotonic))

    def post_due(self) -> None:
        """Store and post a request if one is due; raises `OSError`."""
        if not self.settings.trainer_base_model:
            return
        base = configured_base(self.settings)
        retry_s = self.settings.trainer_trial_retry_s
        event_id = due_request(self.store.of(base.key), base, self.ages, retry_s)
        if event_id is not None:
            request = BaseTrialRequested(
                event_id=event_id,
                occurred_at=utc_now(),
                base_model=base.base_model,
                revision=base.revision,
                chat_template=base.chat_template,
            )
            self.store.add(base.key, request)

    def standing(self) -> TrialStanding | None:
        """None if no base model is set; raises `OSError`."""
        if not self.settings.trainer_base_model:
            return None
        base = configured_base(self.settings)
        limit_s = self.settings.trainer_trial_wait_s
        return standing(self.store.of(base.key), base, self.ages, limit_s)
