"""Publishes the progress of a run."""

import logging
import time
from dataclasses import dataclass

from redis.exceptions import RedisError

from ratchet.contract import utc_now
from ratchet.delivery import Publisher
from trainer.domain.runs import run_events
from trainer.domain.runs.child_messages import TrainingProgress
from trainer.metrics import TrainerMetrics

_log = logging.getLogger(__name__)
_EVERY_S = 1.0


@dataclass
class ProgressReport:
    """`latest` is None while no run trains."""

    publisher: Publisher
    metrics: TrainerMetrics
    latest: TrainingProgress | None = None
    _published_at: float = 0.0

    async def publish(self, run_id: str, progress: TrainingProgress) -> None:
        """Publish progress, not more than once a second; what Redis rejects is not repeated."""
        self.latest = progress
        self.metrics.progressed(progress)
        inside = 0 < progress.step < progress.steps
        if inside and time.monotonic() - self._published_at < _EVERY_S:
            return
        self._published_at = time.monotonic()
        try:
            event = run_events.progressed(run_id, progress, utc_now())
            await self.publisher.publish_once(event)
        except (RedisError, OSError) as error:
            _log.warning("progress was not published: %s", error)
