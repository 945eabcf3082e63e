"""The trainer is ready only while its database can be read."""

from pathlib import Path

from trainer.backends.sql.database import create_database, problem_of


def test_a_database_that_is_damaged_while_the_trainer_runs_is_named(tmp_path: Path) -> None:
    path = tmp_path / "trainer.db"
    engine = create_database(path)
    assert problem_of(engine) is None
    engine.dispose()
    for leftover in tmp_path.glob("trainer.db-*"):
        leftover.unlink()
    path.write_bytes(b"no database " * 1000)
    assert f"{path} is damaged" in str(problem_of(engine))
