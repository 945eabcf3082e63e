"""A collector for each test."""

from collections.abc import Iterator

import pytest

from ratchet_testing.collector import Collector, collecting


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as result:
        yield result
