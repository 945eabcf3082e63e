"""Random bodies get no 5xx, random files crash no reader, and what is accepted can be read."""

from datetime import UTC
from pathlib import Path

import httpx
from http_load.fuzzed_files import written
from http_load.fuzzing import ROUTES, drawn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from ratchet.contract import STREAMS
from ratchet_rows import KINDS, ImportRow, RefusedRow, UnreadableFile, open_rows
from ratchet_testing.running_intake import api, events


async def test_a_thousand_random_bodies_get_no_5xx(redis: Redis, valkey_url: str):
    """`benchmarks/fuzz.py` sends 20,000 of them."""
    async with api(valkey_url, ingest_feedback_per_minute=1_000_000) as client:
        for number, call in drawn(1_000, seed=2):
            answer = await client.post(call.path, content=call.content, headers=call.headers)
            assert answer.status_code < 500, (number, call)
            if not answer.is_success:
                assert answer.json()["error"], (number, call)
    accepted = [event for stream in STREAMS for event in await events(redis, stream)]
    assert len(accepted) > 50


def test_random_files_are_read_or_refused_with_a_reason(tmp_path: Path):
    """`benchmarks/fuzz.py` imports 5,000 of them."""
    accepted = 0
    for number, path in written(tmp_path, 500, seed=2):
        try:
            for _, row in open_rows(path, UTC, *KINDS).rows:
                assert isinstance(row, ImportRow) or row.reason, number
                accepted += not isinstance(row, RefusedRow)
        except UnreadableFile as error:
            assert str(error).endswith("."), number
    assert accepted > 100


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(path=st.sampled_from(list(ROUTES)), data=st.data())
async def test_any_value_in_any_field_is_accepted_whole_or_refused(
    client: httpx.AsyncClient, redis: Redis, path: str, data: st.DataObject
):
    changes = st.dictionaries(st.sampled_from([*ROUTES[path], "event_id", "x"]), _JSON)
    body = {**ROUTES[path], **data.draw(changes)}
    try:
        answer = await client.post(path, json=body)
    except ValueError:
        return  # NaN: this client refuses to send it
    assert answer.status_code < 500
    for stream in STREAMS:
        await events(redis, stream)
