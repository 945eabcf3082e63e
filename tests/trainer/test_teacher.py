"""A trainer with a teacher answers each waiting request once; without one, requests wait."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from redis.asyncio import Redis

from ratchet.contract import TRACE_REQUESTS, TRACES
from ratchet.delivery import Publisher
from ratchet_testing.eventually import eventually
from ratchet_testing.running_service import started
from trainer.app import create_app
from trainer.settings import TrainerSettings

from .teacher_server import KEY, StandIn, request


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"trainer_teacher_url": "localhost:11434"}, "http://127.0.0.1:11434/v1"),
        ({"trainer_teacher_url": "http://127.0.0.1:1/v1"}, "trainer_teacher_model"),
    ],
)
def test_an_incomplete_teacher_setting_is_rejected(changes: dict[str, Any], said: str):
    with pytest.raises(ValueError, match=said):
        TrainerSettings.model_validate(changes)


def test_the_key_is_never_shown():
    settings = TrainerSettings.model_validate({"trainer_teacher_key": KEY})
    assert KEY not in json.dumps(settings.masked())


Configured = Callable[..., TrainerSettings]


@pytest.fixture
def configured(valkey_url: str, tmp_path: Any) -> Configured:
    def settings(**changes: Any) -> TrainerSettings:
        common = {"redis_url": valkey_url, "data_dir": tmp_path, "retry_base_s": 0.2}
        return TrainerSettings.model_validate({**common, **changes})

    return settings


async def test_the_service_answers_requests_that_waited_and_never_twice(
    teacher: StandIn, redis: Redis, configured: Configured
):
    await Publisher(redis).publish([request(1), request(2), request(1)])
    teacher.status = 503
    settings = configured(
        trainer_teacher_url=teacher.url, trainer_teacher_model="large", trainer_teacher_key=KEY
    )
    async with started(create_app(settings)):

        async def tried() -> bool:
            return len(teacher.calls) >= 2

        await eventually(tried, 20)
        teacher.status = 200

        async def settled() -> bool:
            [group] = await redis.xinfo_groups(TRACE_REQUESTS.key)
            return bool(group["lag"] == group["pending"] == 0)

        await eventually(settled, 20)
    entries = await redis.xrange(TRACES.key)
    events = [TRACES.adapter.validate_json(fields[b"__data__"]) for _, fields in entries]
    assert sorted(event.query_id for event in events) == ["q-1", "q-2"]


async def test_without_a_teacher_requests_wait_on_their_stream(
    redis: Redis, configured: Configured
):
    await Publisher(redis).publish([request()])
    settings = configured()
    assert settings.teacher == "none"
    async with started(create_app(settings)):
        assert await redis.xinfo_groups(TRACE_REQUESTS.key) == []
