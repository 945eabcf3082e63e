"""A collector that listens, for each test its own."""

from collections.abc import Iterator

import pytest

from ratchet_testing.collector import Collector, collecting


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as found:
        yield found
