"""Every test of the ledger runs on SQLite, and on PostgreSQL where it is installed."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine

from ratchet.testing.postgresql import postgresql_server, programs

from .ledger_world import Opened


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """In a folder that another user may enter, unlike pytest's own."""
    bin_dir = programs()
    if bin_dir is None:
        pytest.skip("no PostgreSQL here: `apt-get install postgresql` lets these run")
    with tempfile.TemporaryDirectory(prefix="ratchet-postgresql-") as folder:
        Path(folder).chmod(0o755)
        with postgresql_server(bin_dir, Path(folder)) as url:
            yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Makes the address of one more empty database."""
    if request.param == "sqlite":
        return lambda: f"sqlite:///{tmp_path}/{uuid4().hex}.db"
    server = request.getfixturevalue("postgresql")

    def new() -> str:
        name = f"ledger_{uuid4().hex}"
        engine = create_engine(server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        engine.dispose()
        return server.rpartition("/")[0] + f"/{name}"

    return new


@pytest.fixture
def ledger(new_url: Callable[[], str]) -> Iterator[Opened]:
    with Opened(new_url()) as opened:
        yield opened
