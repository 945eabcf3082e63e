"""`ratchet dead` on a real server with real consumers: an event has one effect in each group."""

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from redis.asyncio import Redis

from ratchet.contract import (
    COMMANDS,
    FEEDBACK,
    Delivered,
    Done,
    Invalid,
    Outcome,
    State,
    Stream,
    TrainingRequested,
    Write,
    derived_id,
    utc_now,
)
from ratchet.delivery import (
    DATA_FIELD,
    Consumer,
    DeadLetter,
    Publisher,
    RetryPolicy,
    group_positions,
    seen_key,
)
from ratchet.service import Service
from ratchet_cli.dead_letters.letters import DeadLetters
from ratchet_cli.dead_letters.retry import LetterRetry, NotRetried, Retried
from ratchet_testing.eventually import eventually
from ratchet_testing.running_consumers import at_work

QUICK = RetryPolicy(max_attempts=2, base_s=0.1, cap_s=0.2)
Ratchet = Callable[..., Any]


class Group:
    """Consumes `commands` and counts handled events by requester; if `failing`, rejects all."""

    def __init__(self, name: str, url: str, failing: bool = False) -> None:
        self.name = name
        self.failing = failing
        self._url = url

    async def handle(
        self, batch: Sequence[Delivered[TrainingRequested]], state: State
    ) -> list[Outcome]:
        if self.failing:
            return [Invalid(f"{self.name} is failing") for _ in batch]
        known = await state.read([self._key(event.requested_by) for event, *_ in batch])
        outcomes: list[Outcome] = []
        for event, *_ in batch:
            key = self._key(event.requested_by)
            known[key] = str(int(known[key] or b"0") + 1).encode()
            outcomes.append(Done(writes=(Write(key, known[key]),)))
        return outcomes

    async def handled(self, redis: Redis, name: str) -> int:
        return int(await redis.get(self._key(name)) or 0)

    def consuming(self) -> AbstractAsyncContextManager[Service]:
        return at_work(
            self._url, Consumer(COMMANDS, self.name, {TrainingRequested: self.handle}, retry=QUICK)
        )

    def _key(self, name: str) -> str:
        return f"handled:{self.name}:{name}"


def request(name: str) -> TrainingRequested:
    return TrainingRequested(event_id=derived_id(name), occurred_at=utc_now(), requested_by=name)


async def all_settled(redis: Redis) -> bool:
    """Every group has read the newest entry, and nothing is pending."""
    groups = await group_positions(redis, COMMANDS)
    newest = (await redis.xinfo_stream(COMMANDS.key))["last-generated-id"].decode()
    return all(str(group.last_delivered) == newest and group.pending == 0 for group in groups)


async def add_letter(
    redis: Redis, payload: bytes, stream: Stream = FEEDBACK, error: str = "failed"
) -> str:
    letter = DeadLetter(stream, "reward", "1-1", payload, error, 3)
    entry_id = await redis.xadd(stream.dead_key, letter.fields())  # type: ignore[arg-type]
    return f"{stream.name}/{entry_id.decode()}"


async def test_a_retried_event_is_handled_by_the_group_that_failed_and_by_no_other_again(
    redis: Redis, valkey_url: str, ratchet: Ratchet
):
    failing, well = Group("failing", valkey_url, failing=True), Group("well", valkey_url)
    await Publisher(redis).publish([request("a")])
    async with failing.consuming(), well.consuming():
        await eventually(lambda: redis.xlen(COMMANDS.dead_key))
        await eventually(lambda: well.handled(redis, "a"))
        failing.failing = False
        back = await ratchet("dead", "retry", "--all", "--redis-url", valkey_url)
        assert back.code == 0, back.stderr
        assert "back on commands" in back.stdout
        await eventually(lambda: failing.handled(redis, "a"))
        await eventually(lambda: all_settled(redis))
    assert (await failing.handled(redis, "a"), await well.handled(redis, "a")) == (1, 1)
    assert await redis.xlen(COMMANDS.dead_key) == 0
    assert await redis.xlen(COMMANDS.key) == 2


async def test_an_expired_marker_makes_no_other_group_handle_the_event_twice(
    redis: Redis, valkey_url: str, ratchet: Ratchet
):
    failing, well = Group("failing", valkey_url, failing=True), Group("well", valkey_url)
    event = request("old")
    await Publisher(redis).publish([event])
    async with failing.consuming(), well.consuming():
        await eventually(lambda: redis.xlen(COMMANDS.dead_key))
        await eventually(lambda: all_settled(redis))
        assert await redis.delete(seen_key("well", event.event_id)) == 1
        failing.failing = False
        await ratchet("dead", "retry", "--all", "--redis-url", valkey_url)
        await eventually(lambda: failing.handled(redis, "old"))
        await eventually(lambda: all_settled(redis))
    assert await well.handled(redis, "old") == 1


async def test_an_event_that_failed_in_two_groups_is_appended_once_for_both(
    redis: Redis, valkey_url: str, ratchet: Ratchet
):
    one, two = Group("one", valkey_url, failing=True), Group("two", valkey_url, failing=True)
    await Publisher(redis).publish([request("b")])

    async def both_failed() -> bool:
        return await redis.xlen(COMMANDS.dead_key) == 2

    async with one.consuming(), two.consuming():
        await eventually(both_failed)
        one.failing = two.failing = False
        listed = await ratchet("dead", "list", "--json", "--redis-url", valkey_url)
        name = listed.value["letters"][0]["id"]
        back = await ratchet("dead", "retry", name, "--json", "--redis-url", valkey_url)
        [row] = back.value["retried"]
        assert row["groups"] == ["one", "two"]
        assert len(row["letters"]) == 2
        await eventually(lambda: one.handled(redis, "b"))
        await eventually(lambda: two.handled(redis, "b"))
        await eventually(lambda: all_settled(redis))
    assert (await one.handled(redis, "b"), await two.handled(redis, "b")) == (1, 1)
    assert await redis.xlen(COMMANDS.key) == 2


async def test_a_group_that_has_not_read_the_event_yet_handles_it_once(
    redis: Redis, valkey_url: str, ratchet: Ratchet
):
    failing, late = Group("failing", valkey_url, failing=True), Group("late", valkey_url)
    await redis.xgroup_create(COMMANDS.key, "late", id="0", mkstream=True)
    await Publisher(redis).publish([request("c")])
    async with failing.consuming():
        await eventually(lambda: redis.xlen(COMMANDS.dead_key))
        failing.failing = False
        await ratchet("dead", "retry", "--all", "--redis-url", valkey_url)
        async with late.consuming():
            await eventually(lambda: all_settled(redis))
    assert (await failing.handled(redis, "c"), await late.handled(redis, "c")) == (1, 1)


async def test_an_event_that_fails_again_is_a_dead_letter_again_and_retry_ends(
    redis: Redis, valkey_url: str, ratchet: Ratchet
):
    failing = Group("failing", valkey_url, failing=True)
    await Publisher(redis).publish([request(str(number)) for number in range(5)])

    async def all_dead() -> bool:
        return await redis.xlen(COMMANDS.dead_key) == 5

    async with failing.consuming():
        await eventually(all_dead)
        back = await ratchet("dead", "retry", "--all", "--json", "--redis-url", valkey_url)
        assert len(back.value["retried"]) == 5
        await eventually(all_dead)
    assert await redis.xlen(COMMANDS.key) == 10


async def test_an_invalid_payload_is_listed_and_dropped_but_not_retried(
    redis: Redis, valkey_url: str, ratchet: Ratchet
):
    name = await add_letter(redis, b"not \xff json \x1b[31m")
    listed = await ratchet("dead", "list", "--redis-url", valkey_url)
    assert listed.code == 0
    assert "would fail again: message: Invalid JSON" in listed.stdout
    assert "\x1b[31m" not in listed.stdout, "a payload does not control the terminal"

    back = await ratchet("dead", "retry", name, "--json", "--redis-url", valkey_url)
    assert back.code == 1
    assert back.value["retried"] == []
    assert "would fail again: message: Invalid JSON" in back.value["kept"][0]["reason"]
    assert await redis.xlen(FEEDBACK.dead_key) == 1

    options = ("--reason", "a broken producer", "--by", "maria", "--yes", "--json")
    dropped = await ratchet("dead", "drop", name, *options, "--redis-url", valkey_url)
    assert dropped.code == 0
    assert [row["id"] for row in dropped.value["dropped"]] == [name]
    assert await redis.xlen(FEEDBACK.dead_key) == 0
    line = json.loads(dropped.stderr)
    assert (line["message"], line["dead_letter"]) == ("dropped a dead letter", name)
    assert (line["by"], line["reason"]) == ("maria", "a broken producer")
    assert "payload" not in line


async def test_drop_asks_and_without_consent_changes_nothing(
    redis: Redis, valkey_url: str, ratchet: Ratchet
):
    name = await add_letter(redis, b"{}")
    command = ("dead", "drop", name, "--reason", "r", "--redis-url", valkey_url)
    refused = await ratchet(*command, answer="n\n")
    assert refused.code == 1
    assert f"Drop {name}?" in refused.stderr
    assert await redis.xlen(FEEDBACK.dead_key) == 1
    assert f"{name}: dropped\n" in (await ratchet(*command, answer="y\n")).stdout
    assert await redis.xlen(FEEDBACK.dead_key) == 0


async def test_drop_all_drops_the_letters_of_every_stream(
    redis: Redis, valkey_url: str, ratchet: Ratchet
):
    names = [await add_letter(redis, b"{}", stream) for stream in (FEEDBACK, COMMANDS)]
    options = ("--reason", "r", "--yes", "--json", "--redis-url", valkey_url)
    dropped = await ratchet("dead", "drop", "--all", *options)
    assert sorted(row["id"] for row in dropped.value["dropped"]) == sorted(names)
    assert [await redis.xlen(stream.dead_key) for stream in (FEEDBACK, COMMANDS)] == [0, 0]


async def test_pages_continue_over_the_streams(redis: Redis, valkey_url: str, ratchet: Ratchet):
    names = [await add_letter(redis, b"{}", stream) for stream in (FEEDBACK, FEEDBACK, COMMANDS)]
    command = ("dead", "list", "--json", "--redis-url", valkey_url)
    first = (await ratchet(*command, "--limit", "2")).value
    assert [row["id"] for row in first["letters"]] == names[:2]
    assert (first["total"], first["streams"]["feedback"], first["next"]) == (3, 2, names[1])
    last = (await ratchet(*command, "--limit", "2", "--after", first["next"])).value
    assert [row["id"] for row in last["letters"]] == names[2:]
    assert last["next"] is None
    only = (await ratchet(*command, "--stream", "commands")).value
    assert [row["id"] for row in only["letters"]] == names[2:]
    assert only["streams"] == {"commands": 1}


async def test_an_id_without_its_stream_is_enough_and_a_wrong_one_changes_nothing(
    redis: Redis, valkey_url: str, ratchet: Ratchet
):
    name = await add_letter(redis, b"{}")
    bare = name.partition("/")[2]
    for wrong in ("1-1", "nowhere/1-1", "what"):
        options = ("--reason", "r", "--yes", "--redis-url", valkey_url)
        ended = await ratchet("dead", "drop", bare, wrong, *options)
        assert ended.code == 1
        assert wrong in ended.stderr
    assert await redis.xlen(FEEDBACK.dead_key) == 1
    dropped = await ratchet(
        "dead", "drop", bare, "--reason", "r", "--yes", "--redis-url", valkey_url
    )
    assert dropped.code == 0


async def test_a_letter_of_a_group_that_does_not_exist_is_not_retried(
    redis: Redis, valkey_url: str, ratchet: Ratchet
):
    await add_letter(redis, request("d").model_dump_json().encode(), COMMANDS)
    back = await ratchet("dead", "retry", "--all", "--redis-url", valkey_url)
    assert back.code == 1
    assert "no group reward reads ratchet:commands here" in back.stderr
    assert await redis.xlen(COMMANDS.dead_key) == 1
    assert not await redis.exists(COMMANDS.key)


@pytest.mark.parametrize(
    "arguments",
    [
        ["retry"],
        ["retry", "feedback/1-1", "--all"],
        ["retry", "--all", "--stream", "x"],
        ["drop", "feedback/1-1", "--yes"],
        ["drop", "feedback/1-1", "--reason", "r", "--json"],
    ],
    ids=" ".join,
)
async def test_invalid_arguments_are_a_usage_error(ratchet: Ratchet, arguments: list[str]):
    ended = await ratchet("dead", *arguments)
    assert (ended.code, ended.stdout) == (2, "")


async def test_an_unavailable_redis_is_exit_code_3_and_its_password_is_hidden(
    ratchet: Ratchet, unused_tcp_port: int
):
    url = f"redis://u:secret@127.0.0.1:{unused_tcp_port}/0"
    ended = await ratchet("dead", "list", "--json", "--redis-url", url)
    assert ended.code == 3
    assert f"Redis at 127.0.0.1:{unused_tcp_port}/0 does not respond" in ended.value["error"]
    assert "secret" not in ended.stdout + ended.stderr


async def test_a_retried_payload_is_unchanged(redis: Redis, valkey_url: str, ratchet: Ratchet):
    payload = request("e").model_dump_json(indent=1).encode()
    await redis.xgroup_create(COMMANDS.key, "reward", id="0", mkstream=True)
    await add_letter(redis, payload, COMMANDS)
    await ratchet("dead", "retry", "--all", "--redis-url", valkey_url)
    [(_, fields)] = await redis.xrange(COMMANDS.key)
    assert fields == {DATA_FIELD.encode(): payload}


async def test_of_concurrent_retries_one_appends_the_event(redis: Redis, valkey_url: str):
    await redis.xgroup_create(COMMANDS.key, "reward", id="0", mkstream=True)
    for number in range(20):
        await add_letter(redis, request(str(number)).model_dump_json().encode(), COMMANDS)
    letters = [stored async for stored in DeadLetters(redis).walk()]
    retries = [LetterRetry(redis, COMMANDS) for _ in range(3)]
    results = [
        result
        for stored in letters
        for result in await asyncio.gather(*(retry.retry(stored) for retry in retries))
    ]
    assert sum(isinstance(result, Retried) for result in results) == 20
    assert {result.reason for result in results if isinstance(result, NotRetried)} == {
        "it no longer exists: it was retried or dropped meanwhile"
    }
    assert await redis.xlen(COMMANDS.key) == 20
    assert await redis.xlen(COMMANDS.dead_key) == 0


async def test_a_full_server_changes_nothing(redis: Redis, valkey_url: str, ratchet: Ratchet):
    await redis.xgroup_create(COMMANDS.key, "reward", id="0", mkstream=True)
    await add_letter(redis, request("f").model_dump_json().encode(), COMMANDS)
    await redis.config_set("maxmemory", "1")
    try:
        back = await ratchet("dead", "retry", "--all", "--json", "--redis-url", valkey_url)
    finally:
        await redis.config_set("maxmemory", "0")
    assert back.code == 1
    assert "ratchet doctor" in back.value["error"]
    assert await redis.xlen(COMMANDS.dead_key) == 1
    assert await redis.xlen(COMMANDS.key) == 0
