"""An error of the trainer's database prints no operator's words: not in its text, nor in logs."""

import logging

import pytest
from pydantic import ValidationError
from sqlalchemy import Engine, text, update
from sqlalchemy.exc import DBAPIError

from ratchet_testing.deliveries import delivered
from trainer.backends.sql.example_store import SqlExampleStore
from trainer.backends.sql.run_store import SqlRunStore
from trainer.backends.sql.tables import runs as run_table

from .conftest import built
from .test_stores import dataset_of, files_in, plan

DAMAGED = '{"dataset": {"artifact": "Ann said it is loud"}}'
_log = logging.getLogger(__name__)


def test_an_example_that_cannot_be_written_is_not_quoted(
    engine: Engine, caplog: pytest.LogCaptureFixture
):
    example = built(1)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE examples RENAME TO away"))
    with pytest.raises(DBAPIError, match="examples") as raised:
        SqlExampleStore(engine).keep(delivered([example]))
    _log.error("the handler raised", exc_info=raised.value)
    for words in (example.question.text, example.chosen, example.rejected):
        assert words[:20] not in caplog.text


def test_a_damaged_row_is_not_quoted(
    engine: Engine, tmp_path_factory: pytest.TempPathFactory, caplog: pytest.LogCaptureFixture
):
    runs = SqlRunStore(engine, files_in(tmp_path_factory.mktemp("files")))
    plan(runs, dataset_of())
    with engine.begin() as connection:
        connection.execute(update(run_table).values(plan=DAMAGED))
    with pytest.raises(ValidationError) as raised:
        runs.unfinished()
    _log.error("the loop failed", exc_info=raised.value)
    assert "Ann said" not in caplog.text
