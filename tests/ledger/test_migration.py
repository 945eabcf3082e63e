"""Migrations result in the declared tables, and readers report the schema of another version."""

from collections.abc import Callable
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, MetaData, create_engine, select
from sqlalchemy.pool import StaticPool

from ledger.backends.database import open_for_reading, open_for_writing
from ledger.backends.migration import WrongSchema, _config, migrate, schema_problem
from ledger.backends.tables import forgotten_examples, metadata
from ledger.reading import LedgerReader
from ratchet.contract import Unavailable
from ratchet_testing.ledger_world import Opened

EARLIER = Path(__file__).parent / "earlier/revision_0001.sql"
"""A ledger of the first revision, with an example of every event type."""


def stand_at(ledger: Opened, revision: str) -> None:
    with ledger.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{revision}'")


def test_the_migrations_result_in_the_declared_tables(ledger: Opened):
    with ledger.read.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_second_migration_changes_nothing(ledger: Opened):
    migrate(ledger.engine)
    assert schema_problem(ledger.read) is None


def test_a_reader_reports_a_ledger_without_tables(new_url: Callable[[], str]):
    url = new_url()
    open_for_writing(url).connect().close()
    engine = open_for_reading(url)
    assert "Start `python -m ledger`" in (schema_problem(engine) or "")
    engine.dispose()


def test_a_reader_does_not_create_a_missing_file(tmp_path: Path):
    engine = open_for_reading(f"sqlite:///{tmp_path}/missing/ledger.db")
    with pytest.raises(Unavailable, match="unable to open"):
        schema_problem(engine)
    assert list(tmp_path.iterdir()) == []


def test_a_newer_schema_stops_the_start_and_is_reported_to_readers(ledger: Opened):
    stand_at(ledger, "9999")
    assert "9999" in (schema_problem(ledger.read) or "")
    with pytest.raises(WrongSchema, match="a newer one"):
        migrate(ledger.engine)


def test_erased_examples_of_an_older_ledger_are_migrated(ledger: Opened):
    with ledger.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE left_out_examples")
        connection.exec_driver_sql("DROP TABLE stream_ends")
        connection.exec_driver_sql("ALTER TABLE events DROP COLUMN arrived")
        connection.exec_driver_sql("ALTER TABLE experiences DROP COLUMN conflicts")
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


def as_the_first_revision_left_it(engine: Engine) -> int:
    """Fill an empty database with the rows of `EARLIER`; returns how many events there are."""
    source = create_engine("sqlite://", poolclass=StaticPool)
    dumped = source.raw_connection()
    dumped.executescript(EARLIER.read_text())  # type: ignore[attr-defined]
    there = MetaData()
    there.reflect(source)
    with engine.begin() as to, source.connect() as from_:
        config = _config()
        config.attributes["connection"] = to
        command.upgrade(config, "0001")
        for table in there.sorted_tables:
            rows = [dict(row._mapping) for row in from_.execute(select(table))]
            if rows and table.name != "alembic_version":
                to.execute(table.insert(), rows)
        return len(from_.execute(select(there.tables["events"])).all())


def test_a_ledger_of_the_first_revision_is_migrated_with_every_row(
    new_url: Callable[[], str],
):
    url = new_url()
    engine = open_for_writing(url)
    events = as_the_first_revision_left_it(engine)
    read = open_for_reading(url)
    assert "older than" in (schema_problem(read) or "")
    migrate(engine)
    assert schema_problem(read) is None
    with read.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert len(connection.exec_driver_sql("SELECT event_id FROM events").all()) == events
    ledger = LedgerReader(read)
    [experience, *_] = ledger.history(100)
    story = ledger.experience(experience.query_id)
    assert story is not None
    assert ledger.runs(9)
    assert ledger.models(9)
    assert ledger.examples(9)
    engine.dispose()
    read.dispose()
