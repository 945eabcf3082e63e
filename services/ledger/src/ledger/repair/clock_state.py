"""What Redis shows of a clock that was wrong: ids that are ahead, and a note of how it moved."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

from redis.asyncio import Redis

from ratchet.contract import CLOCK_TOLERANCE_S, STREAMS, EntryId

MOVED_KEY = "ratchet:clock:moved"
PROBLEM_KEY = "ratchet:clock:problem"
"""For `ratchet doctor`, which has no code of the ledger."""
_REMEDY = (
    "Set the clock if it is wrong; else correct what it left behind with `ratchet repair clock`"
)


class ClockState(NamedTuple):
    """`ahead` are the streams that go on from a time that has not come, by seconds.

    `moved` is when the clock of Redis was last set and by how many seconds, None if it was not.
    """

    ahead: dict[str, int]
    moved: tuple[datetime, int] | None

    @property
    def problem(self) -> str | None:
        """One sentence with the remedy, or None."""
        found = []
        if self.ahead:
            named = ", ".join(f"{name} by {seconds:,} s" for name, seconds in self.ahead.items())
            found.append(f"entries are numbered ahead of the clock of Redis: {named}")
        if self.moved is not None:
            at, seconds = self.moved
            found.append(f"the clock of Redis was set by {seconds:+,} s at {at:%Y-%m-%d %H:%M} UTC")
        return f"{'; '.join(found)}. {_REMEDY}" if found else None


async def clock_state(redis: Redis) -> ClockState:
    """Raises redis-py's errors."""
    client: Any = redis
    now, _ = await client.time()
    ahead = {}
    for stream in STREAMS:
        if await client.exists(stream.key):
            about = await client.xinfo_stream(stream.key)
            seconds = EntryId.parse(about["last-generated-id"].decode()).ms // 1000 - now
            if seconds > CLOCK_TOLERANCE_S:
                ahead[stream.name] = seconds
    noted = await client.get(MOVED_KEY)
    if noted is None:
        return ClockState(ahead, None)
    at, moved = map(int, noted.split())
    return ClockState(ahead, (datetime.fromtimestamp(at, UTC), moved))


async def note(redis: Redis, state: ClockState) -> None:
    """Show the problem to `ratchet doctor`, or that there is none."""
    if state.problem is None:
        await redis.delete(PROBLEM_KEY)
    else:
        await redis.set(PROBLEM_KEY, state.problem)
