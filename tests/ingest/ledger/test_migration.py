"""The schema is what the tables say, and a reader of another version says what to do."""

from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from ingest.ledger.backends.database import open_for_reading, open_for_writing
from ingest.ledger.backends.migration import WrongSchema, migrate, schema_problem
from ingest.ledger.backends.tables import forgotten_examples, metadata
from ratchet.outcomes import Unavailable

from .ledger_world import Opened


def stand_at(ledger: Opened, revision: str) -> None:
    with ledger.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{revision}'")


def test_the_steps_end_in_the_tables(ledger: Opened):
    with ledger.read.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_second_start_changes_nothing(ledger: Opened):
    migrate(ledger.engine)
    assert schema_problem(ledger.read) is None


def test_before_the_first_start_a_reader_says_so(new_url: Callable[[], str]):
    url = new_url()
    open_for_writing(url).connect().close()
    engine = open_for_reading(url)
    assert "start `python -m ingest.ledger`" in (schema_problem(engine) or "")
    engine.dispose()


def test_a_reader_makes_no_file_where_there_is_none(tmp_path: Path):
    engine = open_for_reading(f"sqlite:///{tmp_path}/away/ledger.db")
    with pytest.raises(Unavailable, match="unable to open"):
        schema_problem(engine)
    assert list(tmp_path.iterdir()) == []


def test_a_newer_schema_stops_the_start_and_is_told_to_readers(ledger: Opened):
    stand_at(ledger, "9999")
    assert "9999" in (schema_problem(ledger.read) or "")
    with pytest.raises(WrongSchema, match="a newer one"):
        migrate(ledger.engine)


def test_marks_of_an_older_ledger_stay(ledger: Opened):
    with ledger.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE forgotten_examples")
        connection.exec_driver_sql(
            "CREATE TABLE forgotten_examples (example_id VARCHAR PRIMARY KEY, "
            "request_id VARCHAR NOT NULL, forgotten_at BIGINT NOT NULL)"
        )
        connection.exec_driver_sql("INSERT INTO forgotten_examples VALUES ('x', 'r', 7)")
    stand_at(ledger, "0002")
    migrate(ledger.engine)
    with ledger.read.connect() as connection:
        assert connection.execute(forgotten_examples.select()).all() == [("x", "r")]
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
