"""What was stored while the clock of Redis was ahead is found, listed and corrected."""

import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from ledger.backends.database import open_for_reading, open_for_writing
from ledger.backends.stream_ends import StreamEnds
from ledger.domain.renumbering import AheadEntry, AheadStream, renumbered, shift_of
from ledger.metrics import LedgerMetrics
from ledger.reading import LedgerReader
from ledger.repair.clock import find_ahead, repair_clock
from ledger.repair.clock_state import clock_state
from ledger.repair.clock_watch import ClockWatch
from ledger.repair.stream_copy import give_ids
from ledger.repair.streams import NotRepaired
from ratchet.contract import (
    EXPERIENCES,
    FEEDBACK,
    STREAMS,
    EntryId,
    Experience,
    ExperienceRecorded,
    Feedback,
    FeedbackReceived,
    utc_now,
)
from ratchet.delivery import Publisher, follow
from ratchet_testing.simulated_facts import facts_of
from simulator import simulate

from .conftest import START, Served, ratchet_replay
from .test_redis_went_back import problem_of, publish, services, settings_of, settle

YEAR = timedelta(days=365)
YEAR_MS = int(YEAR.total_seconds() * 1000)
PAST = facts_of(simulate(7, 10, 2, start=START))


def now_ms() -> int:
    return int(time.time() * 1000)


async def clock_jumps(redis: Redis, to_ms: int) -> None:
    """Have every stream go on from `to_ms`, as after an entry under such a clock."""
    for stream in STREAMS:
        await redis.execute_command("XSETID", stream.key, f"{to_ms}-0")


def answered(query_id: str, at: timedelta = timedelta()) -> ExperienceRecorded:
    said = Experience(
        query_id=query_id,
        timestamp=utc_now() + at,
        transcript="What is the power of pump 1?",
        voice_response="Pump 1 draws 45 kW.",
    )
    return ExperienceRecorded(
        event_id=f"answer-{query_id}", occurred_at=utc_now() + at, experience=said
    )


def rated(query_id: str, rating: Any, at: timedelta = timedelta()) -> FeedbackReceived:
    body = Feedback(query_id=query_id, rating=rating)
    name = f"{rating}-{query_id}"
    return FeedbackReceived(event_id=name, occurred_at=utc_now() + at, feedback=body)


async def last_ids(redis: Redis) -> list[int]:
    found = []
    for stream in STREAMS:
        about: Any = await redis.xinfo_stream(stream.key)
        found.append(EntryId.parse(about["last-generated-id"].decode()).ms)
    return found


def rating_of(served: Served, query_id: str) -> str | None:
    reader = LedgerReader(open_for_reading(served.ledger))
    return next(each.rating for each in reader.history(100) if each.query_id == query_id)


async def test_a_clock_a_year_ahead_for_a_while_is_reported_and_corrected(
    redis: Redis, valkey_url: str, tmp_path: Path
):
    served = Served(redis, valkey_url, tmp_path)
    async with services(served):
        await publish(redis, PAST)
        await publish(redis, [answered("q-before"), answered("q-rated-ahead")])
        assert (await find_ahead(settings_of(served))).is_empty
        assert (await clock_state(redis)).problem is None
        await clock_jumps(redis, now_ms() + YEAR_MS)
        await publish(redis, [answered("q-ahead", YEAR), rated("q-before", "up", YEAR)])
        await publish(redis, [rated("q-ahead", "up", YEAR + timedelta(seconds=9))])
        await publish(redis, [rated("q-rated-ahead", "up", YEAR)])
        # The clock is right again, and the numbers stand still.
        await publish(redis, [rated("q-ahead", "down"), rated("q-before", "down")])
        problem = (await clock_state(redis)).problem
        assert problem is not None
        assert "experiences by 31,53" in problem
        assert "ratchet repair clock" in problem
        found = await find_ahead(settings_of(served))
        assert len(found.streams["feedback"].entries) == 5
        assert found.events >= 5
        assert abs(found.shift_ms - YEAR_MS) < 60_000

        await repair_clock(settings_of(served), 60)
        await settle(redis)
        assert (await find_ahead(settings_of(served))).is_empty
        assert (await clock_state(redis)).problem is None
        assert max(await last_ids(redis)) <= now_ms()
        await publish(redis, [answered("q-after"), rated("q-after", "up")])
        assert max(await last_ids(redis)) <= now_ms()
        assert await problem_of(served) is None
    assert rating_of(served, "q-ahead") == rating_of(served, "q-before") == "down"
    status, report, _ = await ratchet_replay(served)
    assert (status, report["differences"]) == (0, []), report["differences"]


async def test_an_end_that_got_no_new_entry_does_not_seem_to_be_lost(
    redis: Redis, valkey_url: str, tmp_path: Path
):
    """An entry that arrives while its stream is copied keeps no id that the ledger knows."""
    served = Served(redis, valkey_url, tmp_path)
    async with services(served):
        await publish(redis, [answered("q-before")])
        await clock_jumps(redis, now_ms() + YEAR_MS)
        await publish(redis, [answered("q-ahead", YEAR)])
    engine = open_for_writing(served.ledger)
    StreamEnds(engine).reset({EXPERIENCES.name: EntryId(now_ms() + 2 * YEAR_MS, 0)})
    engine.dispose()
    async with services(served):
        await repair_clock(settings_of(served), 60)
        await settle(redis)
    assert await problem_of(served) is None


async def test_facts_whose_state_expired_early_are_handled_again_once(
    redis: Redis, valkey_url: str, tmp_path: Path
):
    served = Served(redis, valkey_url, tmp_path)
    async with services(served):
        await publish(redis, PAST)
        keys = [key async for key in redis.scan_iter("ratchet:*") if await redis.ttl(key) > 0]
        await redis.delete(*keys)
        assert len((await find_ahead(settings_of(served))).expired) == len(PAST)
        found = await repair_clock(settings_of(served), 60)
        await settle(redis)
        assert len(found.expired) == len(PAST)
        assert (await find_ahead(settings_of(served))).is_empty
    counts = LedgerReader(open_for_reading(served.ledger)).counts()
    assert counts.events["ExperienceRecorded"] + counts.events["FeedbackReceived"] == len(PAST)
    status, report, _ = await ratchet_replay(served)
    assert (status, report["differences"]) == (0, []), report["differences"]


async def test_archived_entries_ahead_of_the_clock_get_the_same_ids(served: Served):
    *_, file = served.store.files(EXPERIENCES.name)
    *rows, last = served.store.read(file)
    late = last._replace(entry_id=EntryId(last.entry_id.ms + YEAR_MS, last.entry_id.seq))
    served.store.replace(file, [*rows, late])
    assert len((await find_ahead(settings_of(served))).files) == 1
    await repair_clock(settings_of(served), 60)
    assert (await find_ahead(settings_of(served))).is_empty
    [repaired] = [each for each in served.store.files(EXPERIENCES.name) if each.first == file.first]
    assert served.store.read(repaired)[-1].payload == late.payload
    assert repaired.last.ms <= now_ms()


async def test_nothing_is_corrected_while_the_two_clocks_differ(served: Served):
    with pytest.raises(NotRepaired, match="Set both"):
        await repair_clock(settings_of(served), 60, wall=lambda: time.time() + YEAR.days * 86_400)


async def test_a_copy_keeps_positions_attempts_and_later_entries(redis: Redis):
    key, right, ahead = FEEDBACK.key, now_ms() - 9_000, now_ms() + YEAR_MS
    for group in ("reward", "ledger"):
        await redis.xgroup_create(key, group, "0", mkstream=True)
    await redis.xadd(key, {"n": 0}, id=f"{right}-0")
    for number in range(1, 1100):
        await redis.xadd(key, {"n": number}, id=f"{ahead}-{number}")
    await redis.xreadgroup("reward", "one", {key: ">"}, count=700)
    await redis.xack(key, "reward", *(f"{ahead}-{number}" for number in range(1, 699)))
    await redis.xdel(key, f"{ahead}-50")
    old = [EntryId(ahead, number) for number in range(1, 1000) if number != 50]
    ids = [(each, EntryId(right + 1, each.seq)) for each in old]
    await give_ids(redis, FEEDBACK, EntryId(now_ms(), 0), EntryId(now_ms(), 0), ids)
    rows: Any = await redis.xrange(key)
    assert [int(row[b"n"]) for _, row in rows] == [n for n in range(1100) if n != 50]
    waiting: Any = await redis.xpending_range(key, "reward", "-", "+", 10)
    assert [each["message_id"].decode() for each in waiting] == [f"{right}-0", f"{right + 1}-699"]
    [[_, unread]] = await redis.xreadgroup("reward", "one", {key: ">"})
    assert [int(row[b"n"]) for _, row in unread] == list(range(700, 1100))
    [[_, everything]] = await redis.xreadgroup("ledger", "one", {key: ">"})
    assert len(everything) == 1099
    assert EntryId.parse((await redis.xadd(key, {"n": 0})).decode()).ms <= now_ms()


async def test_a_reader_without_a_group_follows_a_stream_that_got_lower_ids(redis: Redis):
    ahead = EntryId(now_ms() + YEAR_MS, 0)
    up = rated("q-of-feed", "up").model_dump_json()
    await redis.xadd(FEEDBACK.key, {"__data__": up}, str(ahead))
    events = follow(redis, [FEEDBACK])
    first = await anext(events)
    ids = [(ahead, EntryId(now_ms() - 1000, 0))]
    await give_ids(redis, FEEDBACK, ahead, EntryId(now_ms(), 0), ids)
    await anext(events)
    await Publisher(redis).publish([rated("q-of-feed", "down")])
    names = [first and first.event_id]
    while names[-1] != "down-q-of-feed":
        event = await anext(events)
        names += [event.event_id] if event else []
    assert names == ["up-q-of-feed", "up-q-of-feed", "down-q-of-feed"]


@pytest.mark.parametrize("moved_s", [86_400, -86_400])
async def test_a_clock_that_is_set_while_the_ledger_runs_is_reported(redis: Redis, moved_s: int):
    steady = iter((1e6, 1e6 - moved_s, 1e6 - moved_s))
    registry = CollectorRegistry()
    watch = ClockWatch(redis, LedgerMetrics(registry), lambda: next(steady))
    await watch.look()
    assert watch.problem is None
    for _ in range(2):
        await watch.look()
        assert f"was set by {moved_s:+,} s" in str(watch.problem)
    assert registry.get_sample_value("ratchet_ledger_clock_moved") == 1


async def test_a_clock_that_went_back_while_the_ledger_was_stopped_is_reported(redis: Redis):
    await redis.set("ratchet:clock:seen", int(time.time()) + 86_400)
    watch = ClockWatch(redis, LedgerMetrics(CollectorRegistry()))
    await watch.look()
    assert "ratchet repair clock" in str(watch.problem)


_STEPS = st.lists(st.tuples(st.integers(0, 2000), st.none() | st.integers(-5000, 5000)), min_size=1)


@given(st.lists(_STEPS, min_size=1, max_size=4), st.integers(0, 1000))
def test_new_ids_keep_the_order_and_lie_between_the_last_right_one_and_now(
    steps: Sequence[Sequence[tuple[int, int | None]]], before: int
):
    now = 10_000
    streams = []
    for each in steps:
        entries, ms, seq = [], now + 1000, 0
        for step, occurred in each:
            ms, seq = (ms + step, 0) if step else (ms, seq + 1)
            at = None if occurred is None else now + occurred
            entries.append(AheadEntry(EntryId(ms, seq), at))
        streams.append(AheadStream(EntryId(before, 3), entries))
    shift = shift_of(streams, now)
    for stream in streams:
        ids = renumbered(stream, shift, now)
        assert ids == sorted(set(ids))
        assert len(ids) == len(stream.entries)
        assert ids[0] > stream.before
        assert max(each.ms for each in ids) <= now
