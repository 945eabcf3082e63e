"""Whether feedback still counts for its answer."""

from datetime import timedelta

from ingest.domain.items import ItemProblem
from ingest.event_batch import EventBatch
from ledger.reading import AsyncLedger, LedgerReader, plain
from ratchet.contract import FeedbackReceived, Unavailable


class FeedbackWindows:
    """Feedback counts for `days` after its answer was recorded."""

    def __init__(self, ledger: AsyncLedger, days: int) -> None:
        self._ledger = ledger
        self._window = timedelta(days=days)
        self._sentence = (
            f"the answer is more than {days} days old: its feedback is stored and no longer "
            "counts; RATCHET_REWARD_WINDOW_DAYS sets how long it does"
        )

    async def too_late(self, batch: EventBatch) -> list[ItemProblem]:
        """A warning for each feedback of `batch` that came too late.

        None for an answer that the ledger does not have, and none while it cannot be read.
        """
        try:
            return await self._ledger.read(lambda ledger: self._late(ledger, batch))
        except Unavailable:
            return []

    def _late(self, ledger: LedgerReader, batch: EventBatch) -> list[ItemProblem]:
        late = []
        for event, index in zip(batch.events, batch.indexes, strict=True):
            if isinstance(event, FeedbackReceived):
                at = ledger.recorded_at(plain(event.feedback.query_id))
                if at is not None and event.occurred_at > at + self._window:
                    late.append(ItemProblem(index, "query_id", self._sentence))
        return late
