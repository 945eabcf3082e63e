"""The trace of a checkpoint continues in the events of its model, through a real server."""

from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis

from ratchet.contract import CHECKPOINTS, MODELS, CheckpointReady
from ratchet.delivery import Consumer, Publisher, one_by_one
from ratchet.settings import CommonSettings
from ratchet.telemetry import create_tracing
from ratchet_testing.collector import collecting
from ratchet_testing.eventually import eventually
from ratchet_testing.running_consumers import at_work

from .conftest import Checkpoints

RUN = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def test_registration_is_a_span_of_the_runs_trace_and_its_events_carry_it(
    checkpoints: Checkpoints, redis: Redis, valkey_url: str
):
    async def published() -> Sequence[Any]:
        entries = await redis.xrange(MODELS.key)
        return [MODELS.adapter.validate_json(fields[b"__data__"]) for _, fields in entries]

    checkpoint = checkpoints.checkpoint().model_copy(update={"trace": {"traceparent": RUN}})
    await Publisher(redis).publish([checkpoint])
    with collecting() as collector:
        consumer = Consumer(
            CHECKPOINTS,
            "exporter",
            {CheckpointReady: one_by_one(checkpoints.handler.handle)},
            batch=1,
        )
        tracing = create_tracing("exporter", CommonSettings(otlp_endpoint=collector.url))
        async with at_work(valkey_url, consumer, tracing=tracing):
            await eventually(published)
    [span] = collector.spans
    assert (span.service, span.name) == ("exporter", "process ratchet:checkpoints")
    assert f"00-{span.trace}-{span.parent}-01" == RUN
    events = await published()
    assert [type(event).__name__ for event in events] == ["ModelRegistered", "ModelActivated"]
    for event in events:
        assert event.trace["traceparent"][3:52] == f"{span.trace}-{span.span}"
