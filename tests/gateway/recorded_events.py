"""The events that the gateway published."""

from redis.asyncio import Redis

from ratchet.contract import CALLS, EXPERIENCES, CallServed, ExperienceRecorded
from ratchet_testing.eventually import eventually


async def calls(redis: Redis, least: int = 1, deadline_s: float = 20.0) -> list[CallServed]:
    """All calls in their order, once there are `least`."""

    async def found() -> list[CallServed]:
        entries = await redis.xrange(CALLS.key)
        events = [CallServed.model_validate_json(fields[b"__data__"]) for _, fields in entries]
        return events if len(events) >= least else []

    return await eventually(found, deadline_s)


async def experiences(redis: Redis) -> list[ExperienceRecorded]:
    entries = await redis.xrange(EXPERIENCES.key)
    return [ExperienceRecorded.model_validate_json(fields[b"__data__"]) for _, fields in entries]
