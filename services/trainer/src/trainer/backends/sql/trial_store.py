"""The requested trials of base models and their results, in SQL."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Engine, select, update
from sqlalchemy.dialects.sqlite import insert

from ratchet.contract import BaseTrialRequested, BaseTried, Delivered
from trainer.backends.sql.outbox import post
from trainer.backends.sql.short_transactions import read
from trainer.backends.sql.tables import trials
from trainer.domain.runs.base_trial import RequestedTrial


class SqlTrialStore:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, base_key: str, request: BaseTrialRequested) -> None:
        """Store a request and post it, in one transaction; a repetition has no effect."""
        row = {
            "event_id": request.event_id,
            "base_key": base_key,
            "requested_at": _naive(request.occurred_at),
        }
        once = insert(trials).on_conflict_do_nothing(index_elements=["event_id"])
        with self._engine.begin() as connection:
            if connection.execute(once, row).rowcount:
                post(connection, [request])

    def add_results(self, batch: Sequence[Delivered[BaseTried]], now: datetime) -> None:
        """Store results by their request, the first of each; others have no effect."""
        with self._engine.begin() as connection:
            for result, payload, _ in batch:
                of_request = trials.c.event_id == result.caused_by, trials.c.result.is_(None)
                values = {"result": payload.decode(), "answered_at": _naive(now)}
                connection.execute(update(trials).where(*of_request).values(**values))

    def of(self, base_key: str) -> list[RequestedTrial]:
        """The trials of a base, oldest first."""
        ordered = select(trials).where(trials.c.base_key == base_key).order_by(trials.c.number)
        return [
            RequestedTrial(
                event_id=row.event_id,
                requested_at=row.requested_at.replace(tzinfo=UTC),
                result=BaseTried.model_validate_json(row.result) if row.result else None,
                answered_at=row.answered_at.replace(tzinfo=UTC) if row.answered_at else None,
            )
            for row in read(self._engine, ordered)
        ]


def _naive(moment: datetime) -> datetime:
    """SQLite stores no time zone: UTC."""
    return moment.astimezone(UTC).replace(tzinfo=None)
