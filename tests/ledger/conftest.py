"""Every test of the ledger runs on SQLite, and on PostgreSQL where it is installed."""

from collections.abc import Callable, Iterator

import pytest

from ratchet_testing.ledger_world import Opened


@pytest.fixture
def ledger(new_url: Callable[[], str]) -> Iterator[Opened]:
    with Opened(new_url()) as opened:
        yield opened
