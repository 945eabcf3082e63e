"""What the log says of a trainer that does not answer."""

import asyncio
import logging

import httpx
import pytest

from ingest.command_center import trainer_watch
from ingest.command_center.trainer_watch import TrainerWatch
from ingest.domain.command_center.trainer_facts import TrainerFacts
from ratchet_testing.eventually import eventually

NOBODY = "http://127.0.0.1:1"


async def warnings_of(watch: TrainerWatch, caplog: pytest.LogCaptureFixture) -> list[str]:
    """The warnings after several requests."""
    requests = 0
    request = watch._request

    async def counted(client: httpx.AsyncClient) -> TrainerFacts | str:
        nonlocal requests
        requests += 1
        return await request(client)

    watch._request = counted  # type: ignore[method-assign]
    with caplog.at_level(logging.DEBUG, trainer_watch.__name__):
        running = asyncio.create_task(watch.run())

        async def asked_often() -> bool:
            return requests > 4

        await eventually(asked_often)
        running.cancel()
    return [record.message for record in caplog.records if record.name == trainer_watch.__name__]


async def test_a_trainer_that_still_starts_is_no_line_in_the_log(
    caplog: pytest.LogCaptureFixture,
):
    watch = TrainerWatch(NOBODY, 0.01, {})
    assert await warnings_of(watch, caplog) == []
    assert "the trainer does not answer" in str(watch.trainer.problem)


async def test_a_trainer_that_stays_away_is_one_warning(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(trainer_watch, "_START_S", 0.0)
    [warning] = await warnings_of(TrainerWatch(NOBODY, 0.01, {}), caplog)
    assert warning.startswith(f"the trainer does not answer at {NOBODY}")
    assert warning.endswith("or set its address in RATCHET_INGEST_TRAINER_URL")
