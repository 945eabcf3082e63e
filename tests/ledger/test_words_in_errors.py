"""An error of the ledger's database prints no operator's words: not in its text, nor in logs."""

import logging

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from ratchet_testing.ledger_world import Opened

from .test_first_answer import arrived

WORDS = "Ann said the pump is loud"
_log = logging.getLogger(__name__)
_TABLE = (
    "CREATE TABLE statements "
    "(id varchar PRIMARY KEY, answer varchar NOT NULL, n integer CHECK (n > 0))"
)
FAULTS = {
    "a value is missing": "INSERT INTO statements VALUES (:words, NULL, 1)",
    "a constraint fails": "INSERT INTO statements VALUES (:words, 'x', -1)",
    "an id is repeated": "INSERT INTO statements VALUES (:words, 'x', 1), (:words, 'x', 1)",
    "a table is missing": "INSERT INTO nowhere VALUES (:words)",
    "no number": "INSERT INTO statements VALUES ('a', 'x', CAST(:words AS integer))",
    "no JSON": "INSERT INTO statements VALUES ('a', 'x', CAST(CAST(:words AS json) AS integer))",
}


def logged(caplog: pytest.LogCaptureFixture, error: Exception) -> str:
    _log.error("the handler raised", exc_info=error)
    return f"{error} {error!r} {error.__cause__} {caplog.text}"


@pytest.mark.parametrize("fault", FAULTS)
def test_an_error_of_a_statement_quotes_no_value(
    ledger: Opened, caplog: pytest.LogCaptureFixture, fault: str
):
    with ledger.engine.begin() as connection:
        connection.execute(text(_TABLE))
    # SQLite makes 0 of words that are no number, which then fails the constraint.
    with pytest.raises(DBAPIError) as raised, ledger.engine.begin() as connection:
        connection.execute(text(FAULTS[fault]), {"words": WORDS})
    shown = logged(caplog, raised.value)
    assert not any(word in shown for word in WORDS.split() if len(word) > 3), shown


@pytest.mark.parametrize("table", ["events", "experiences"])
def test_events_that_cannot_be_written_are_not_quoted(
    ledger: Opened, caplog: pytest.LogCaptureFixture, table: str
):
    with ledger.engine.begin() as connection:
        connection.execute(text(f"ALTER TABLE {table} RENAME TO away"))
    with pytest.raises(DBAPIError, match=table) as raised:
        ledger.write(arrived(0, 1))
    shown = logged(caplog, raised.value)
    for words in ("The power?", "45 kW", "ann"):
        assert f"'{words}'" not in shown
        assert f'"{words}"' not in shown
