"""Every accepted item can be read under the id that was sent and in every list."""

import json
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from ledger.backends.database import open_for_writing
from ledger.backends.writer import SqlLedger
from ratchet.contract import EXPERIENCES, FEEDBACK, Delivered, Event
from ratchet.delivery import Entry
from ratchet_text import known_as

from .ledger_and_trainer import HISTORY, STATUS, answered, reading, write_ledger

_UUID = UUID("7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01")
SPELLINGS = (str(_UUID), str(_UUID).upper(), f"{{{_UUID}}}", _UUID.urn, _UUID.hex)
_ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=12)
_ANY_VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _ANY_TEXT | st.just(10**400),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_ANY_TEXT, inner, max_size=3),
    max_leaves=6,
)
_IDS = st.one_of(
    _ANY_TEXT,
    st.uuids().map(lambda value: f"{{{value}}}".upper()),
    st.sampled_from(["/", "//a/", "a/b", "a//b", "a/", "..", "a/./b", "%2F", "?x=1", "#", "a b",
                     " padded ", "\\", "क्\u200dष", "Ku\u0308hl", "\ufb1d", "x" * 128, "ü" * 128]),
    st.integers(),
    st.floats(),
)  # fmt: skip
_TIMES = st.one_of(
    st.none(),
    st.datetimes().map(str),
    st.datetimes(timezones=st.timezones()).map(lambda at: at.isoformat()),
    st.integers(-(10**20), 10**20),
    st.integers(0, 10**20).map(str),
    st.floats(),
    st.sampled_from(["0001-01-01T00:00:00+01:00", "2016-12-31T23:59:60Z", ""]),
)
_TOUCH = st.fixed_dictionaries(
    {"widget_index": st.integers(0, 3) | st.just(10**400), "action": _ANY_TEXT},
    optional={"timestamp": _TIMES},
)
_EXPERIENCE = st.fixed_dictionaries(
    {"query_id": _IDS, "transcript": _ANY_TEXT},
    optional={
        "timestamp": _TIMES,
        "occurred_at": _TIMES,
        "user_id": _IDS,
        "decision_id": _IDS,
        "fixtures": st.dictionaries(_ANY_TEXT, _ANY_VALUE, max_size=3),
        "processing_time_ms": st.floats() | st.integers(),
        "widget_interactions": st.lists(_TOUCH, max_size=2),
        "voice_quality_scores": st.dictionaries(_ANY_TEXT, _ANY_VALUE, max_size=3),
    },
)


class Plant:
    """An intake, and a ledger that receives the published events when `follow` runs."""

    def __init__(self, client: httpx.AsyncClient, redis: Redis, data_dir: Path) -> None:
        self.client = client
        self._redis = redis
        self._ledger = SqlLedger(open_for_writing(f"sqlite:///{data_dir}/ledger.db"))
        self._after = dict.fromkeys((EXPERIENCES, FEEDBACK), b"-")

    async def follow(self) -> int:
        """Write the new entries to the ledger; returns how many there were."""
        count = 0
        for stream, after in self._after.items():
            batch = []
            for entry_id, fields in await self._redis.xrange(stream.key, min=after):
                entry = Entry(entry_id.decode(), fields, 1)
                event = entry.decode(stream)
                assert isinstance(event, Event), event
                batch.append(Delivered(event, entry.payload))
                self._after[stream] = b"(" + entry_id
            self._ledger.write(batch)
            count += len(batch)
        return count

    async def get(self, query_id: Any) -> httpx.Response:
        return await self.client.get(f"/v1/experiences/{quote(str(query_id), safe='')}")


@pytest.fixture
async def plant(redis: Redis, valkey_url: str, tmp_path: Path) -> AsyncIterator[Plant]:
    limits = {"ingest_feedback_per_minute": 1_000_000}
    async with reading(valkey_url, tmp_path, [], **limits) as client:
        yield Plant(client, redis, tmp_path)


@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(items=st.lists(_EXPERIENCE, min_size=1, max_size=5))
async def test_every_accepted_experience_is_found_by_its_id_and_in_the_lists(
    plant: Plant, items: list[dict[str, Any]]
):
    answer = await plant.client.post("/v1/experiences", content=json.dumps(items))
    assert answer.status_code in (202, 422), answer.text
    refused = {problem["index"] for problem in answer.json()["problems"]}
    assert await plant.follow() == len(items) - len(refused)
    for index, item in enumerate(items):
        if index not in refused:
            name = known_as(item["query_id"])
            sent = name if isinstance(item["query_id"], float) else item["query_id"]
            for spelling in (name, sent):
                found = await plant.get(spelling)
                assert found.status_code == 200, (item, found.text)
                assert found.json()["experience"]["query_id"] == name
            page = {"limit": 1000, "after": name}
            assert (await plant.client.get("/v1/experiences", params=page)).status_code == 200
    for path in ("/v1/experiences?limit=1000", STATUS, HISTORY):
        assert (await plant.client.get(path)).status_code == 200


@pytest.mark.parametrize("thumbed", SPELLINGS)
@pytest.mark.parametrize("answered", SPELLINGS)
async def test_a_thumb_in_one_spelling_is_read_under_every_other(
    plant: Plant, answered: str, thumbed: str
):
    experience = {"query_id": answered, "transcript": "power?", "timestamp": "1764103112345"}
    await plant.client.post("/v1/experiences", json=experience)
    await plant.client.post("/api/layer2/feedback/", json={"query_id": thumbed, "rating": "down"})
    await plant.follow()
    for spelling in SPELLINGS:
        found = (await plant.get(spelling)).json()["experience"]
        assert (found["query_id"], found["rating"]) == (str(_UUID), "down")
        assert found["answered_at"] == "2025-11-25T20:38:32.345000Z"


async def test_an_id_in_nfc_and_in_nfd_is_one_id(plant: Plant):
    await plant.client.post("/v1/experiences", json={"query_id": "Ku\u0308hl", "transcript": "?"})
    await plant.client.post("/v1/feedback", json={"query_id": "K\u00fchl", "rating": "up"})
    await plant.follow()
    for spelling in ("Ku\u0308hl", "K\u00fchl"):
        assert (await plant.get(spelling)).json()["experience"]["rating"] == "up"


async def test_rows_of_an_earlier_release_are_found_under_every_spelling_and_break_no_list(
    redis: Redis, valkey_url: str, tmp_path: Path
):
    """Earlier releases stored ids as they were sent, and times of any year."""
    write_ledger(tmp_path, [answered(1, query_id=str(_UUID)), answered(2)])
    stored = str(_UUID).upper()
    with sqlite3.connect(tmp_path / "ledger.db") as database:
        database.execute(
            "UPDATE experiences SET query_id = upper(query_id) WHERE query_id <> 'q-2'"
        )
        database.execute("UPDATE events SET query_id = upper(query_id) WHERE query_id <> 'q-2'")
        database.execute(
            "UPDATE experiences SET answered_at = -62135600400000000 WHERE query_id = 'q-2'"
        )
    async with reading(valkey_url, tmp_path, None) as client:
        for spelling in SPELLINGS:
            found = await client.get(f"/v1/experiences/{quote(spelling, safe='')}")
            assert found.json()["experience"]["query_id"] == stored
            assert len(found.json()["facts"]) == 1
        page = (await client.get("/v1/experiences", params={"after": str(_UUID)})).json()["items"]
        assert [(one["query_id"], one["answered_at"]) for one in page] == [
            ("q-2", "1970-01-01T00:00:00Z")
        ]
        assert (await client.get(HISTORY)).status_code == 200
