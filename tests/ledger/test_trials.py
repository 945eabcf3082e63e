"""The ledger keeps the trials of base models among its events."""

from datetime import UTC, datetime

from sqlalchemy import text

from ratchet.contract import BaseTrialRequested, BaseTried, Event
from ratchet_testing.deliveries import delivered
from ratchet_testing.ledger_world import Opened

AT = datetime(2026, 3, 1, tzinfo=UTC)
TRIAL: list[Event] = [
    BaseTrialRequested(event_id="request-1", occurred_at=AT, base_model="plant/base"),
    BaseTried(
        event_id="result-1",
        occurred_at=AT,
        caused_by="request-1",
        base_model="plant/base",
        fits=False,
        registers=None,
        reason="no chat template",
        seconds=9.5,
    ),
]


def test_request_and_result_of_a_trial_are_stored_once(ledger: Opened):
    for _ in range(2):
        ledger.write(delivered(TRIAL))
    with ledger.read.connect() as connection:
        rows = connection.execute(text("SELECT type, stream FROM events ORDER BY type")).all()
    assert [tuple(row) for row in rows] == [
        ("BaseTrialRequested", "checkpoints"),
        ("BaseTried", "models"),
    ]
