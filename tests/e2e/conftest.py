"""Settings of the systems that these tests start."""

import pytest

TRAINS = "test_kill_each_service"
"""The module whose system trains, and so tries its base model first."""


@pytest.fixture(autouse=True)
def trial_only_where_it_trains(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trial takes a core for half a minute, and a stop waits for it."""
    if request.node.path.stem != TRAINS:
        monkeypatch.setenv("RATCHET_TRAINER_TRIAL_WAIT_S", "0")
