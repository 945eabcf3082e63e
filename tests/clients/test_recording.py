"""What applications call: it neither waits nor raises, and the intake gets what was recorded."""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from http_load.process import INTAKE, server
from pydantic import BaseModel
from redis.asyncio import Redis

from ratchet.contract import EXPERIENCES, FEEDBACK
from ratchet_client import AsyncRatchet, DroppedEvent, DropReason, EventKind, Ratchet
from ratchet_testing.running_intake import events
from ratchet_testing.valkey import free_port

from ..ingest.test_authentication import key

EXPERIENCE = {"query_id": "q-1", "transcript": "What is the power of pump 1?", "user_id": "maria"}
NOWHERE = "http://127.0.0.1:9"
MOST_MICROSECONDS = 50


class Answer(BaseModel):
    query_id: UUID
    transcript: str
    timestamp: datetime
    voice_response: str | None = None


async def test_the_intake_gets_what_was_recorded(client: Ratchet, redis: Redis):
    client.record(EXPERIENCE, voice_response="Pump 1 draws 42 kW.", processing_time_ms=120)
    client.feedback("q-1", "up", user_id="maria")
    client.correct("q-1", "I meant pump 2")
    assert await asyncio.to_thread(client.flush)
    [experience] = [event.experience for event in await events(redis, EXPERIENCES)]
    assert (experience.query_id, experience.voice_response) == ("q-1", "Pump 1 draws 42 kW.")
    assert experience.processing_time_ms == 120
    feedback = [event.feedback for event in await events(redis, FEEDBACK)]
    assert [(each.rating, each.correction) for each in feedback] == [
        ("up", None),
        (None, "I meant pump 2"),
    ]
    counts = client.counts
    assert (counts.recorded, counts.accepted, counts.waiting, counts.dropped) == (3, 3, 0, {})


async def test_a_pydantic_model_and_numpy_numbers_are_recorded(client: Ratchet, redis: Redis):
    at = datetime.fromisoformat("2026-03-01T08:30:00+01:00")
    query_id = UUID("7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01")
    client.record(Answer(query_id=query_id, transcript="power?", timestamp=at))
    client.record(query_id="n", transcript="power?", processing_time_ms=np.float32(1.5))
    assert await asyncio.to_thread(client.flush)
    first, second = [event.experience for event in await events(redis, EXPERIENCES)]
    assert (first.query_id, first.timestamp) == (str(query_id), at)
    assert second.processing_time_ms == 1.5


async def test_a_missing_query_id_is_made_and_returned(client: Ratchet, redis: Redis):
    query_id = client.record(transcript="What is the power of pump 1?")
    client.feedback(query_id, "down")
    assert await asyncio.to_thread(client.flush)
    [feedback] = await events(redis, FEEDBACK)
    assert feedback.feedback.query_id == query_id


async def test_an_item_that_the_server_refuses_goes_to_the_callback_and_its_neighbours_arrive(
    intake: str, redis: Redis, tmp_path: Path
):
    dropped: list[DroppedEvent] = []
    with Ratchet(intake, spool=tmp_path, on_dropped=dropped.append) as client:
        client.feedback("q-1", "up")
        client.feedback("q-2", "splendid")  # type: ignore[arg-type]
        client.record(query_id="q-2", transcript="power?", fixtures={"kpi": float("nan")})
        client.record(query_id="q-3", transcript="power?")
        client.feedback("q-3", "down")
        await asyncio.to_thread(client.flush)
    named = {(event.kind, event.problems[0].field): event.reason for event in dropped}
    assert named == {
        (EventKind.FEEDBACK, "rating"): DropReason.REFUSED,
        (EventKind.EXPERIENCES, "fixtures.kpi"): DropReason.REFUSED,
    }
    assert len(dropped) == 2
    assert client.counts.accepted == 3
    assert client.counts.dropped == {DropReason.REFUSED: 2}


async def test_a_field_with_the_name_of_another_is_logged(
    client: Ratchet, caplog: pytest.LogCaptureFixture
):
    for number in range(3):
        client.record(query_id=f"q-{number}", question="power?", transcript="power?")
    await asyncio.to_thread(client.flush)
    assert caplog.text.count("question") == 1


async def test_a_missing_scope_stops_the_events_that_need_it_and_no_others(
    redis: Redis, valkey_url: str, tmp_path: Path
):
    secret = key(tmp_path, "write")
    with server(INTAKE, valkey_url, tmp_path) as intake:
        with Ratchet(intake.url, secret, spool=tmp_path / "spool") as client:
            client.correct("q-1", "I meant pump 2")
            client.record(EXPERIENCE)
            client.feedback("q-1", "up")
            assert not await asyncio.to_thread(client.flush, 5)
            counts = client.counts
            await asyncio.to_thread(client.close, 0)
        assert (counts.accepted, counts.waiting, counts.dropped) == (2, 1, {})
        assert counts.problems.keys() == {EventKind.CORRECTIONS}
        assert "teach" in counts.problems[EventKind.CORRECTIONS]
        teacher = key(tmp_path, "write", "teach")
        with Ratchet(intake.url, teacher, spool=tmp_path / "spool") as client:
            assert await asyncio.to_thread(client.flush, 20)
    corrections = [event.feedback.correction for event in await events(redis, FEEDBACK)]
    assert corrections == [None, "I meant pump 2"]


class Unprintable:
    def __getattr__(self, name: str) -> Any:
        raise RuntimeError("broken object")


WITHOUT_JSON: list[Callable[[], object]] = [
    object,
    Unprintable,
    lambda: "\ud83d",
    lambda: b"\xff",
    lambda: {1: {2: object()}},
]


@pytest.mark.parametrize("make", WITHOUT_JSON)
def test_a_value_without_a_json_form_is_dropped_and_breaks_nothing(make: Callable[[], object]):
    dropped: list[DroppedEvent] = []
    client = Ratchet(NOWHERE, spool=None, on_dropped=dropped.append)
    assert client.record(query_id="q-1", fixtures=make()) == "q-1"
    assert [event.reason for event in dropped] == [DropReason.NOT_JSON]
    client.close(0)


def test_a_callback_that_fails_breaks_nothing(caplog: pytest.LogCaptureFixture):
    def fail(event: DroppedEvent) -> None:
        raise KeyError(event.kind)

    client = Ratchet(NOWHERE, spool=None, on_dropped=fail)
    client.record(query_id="q-1", fixtures=object())
    client.close(0)
    assert "on_dropped failed" in caplog.text


def test_events_beyond_the_limit_of_the_spool_are_counted(tmp_path: Path):
    client = Ratchet(NOWHERE, spool=tmp_path, spool_bytes=1_000, on_dropped=lambda event: None)
    for _ in range(10):
        client.record(EXPERIENCE)
    client.close(0)
    counts = client.counts
    assert counts.dropped[DropReason.FULL] + counts.waiting == counts.recorded == 10
    assert counts.waiting > 2


def test_an_event_that_is_recorded_after_the_end_is_counted(tmp_path: Path):
    client = Ratchet(NOWHERE, spool=tmp_path, on_dropped=lambda event: None)
    client.close(0)
    client.record(EXPERIENCE)
    assert client.counts.dropped == {DropReason.CLOSED: 1}


def test_events_that_wait_in_memory_at_the_end_are_counted_as_dropped():
    client = Ratchet(NOWHERE, spool=None)
    client.record(EXPERIENCE)
    client.close(0)
    assert (client.counts.waiting, client.counts.dropped) == (0, {DropReason.CLOSED: 1})


def test_recording_takes_less_than_50_microseconds(tmp_path: Path):
    client = Ratchet(NOWHERE, spool=tmp_path)
    times = []
    for _ in range(2_000):
        began = time.perf_counter_ns()
        client.record(EXPERIENCE)
        times.append(time.perf_counter_ns() - began)
    client.close(0)
    assert median(times) / 1_000 < MOST_MICROSECONDS


def test_a_server_that_accepts_connections_and_never_answers_delays_nothing(
    tmp_path: Path, silent_port: int
):
    client = Ratchet(f"http://127.0.0.1:{silent_port}", spool=tmp_path)
    began = time.monotonic()
    client.record(EXPERIENCE)
    assert client.rank("power?", ["kpi"], timeout_s=0.1).scenarios == ["kpi"]
    client.close(0.2)
    assert time.monotonic() - began < 3
    assert client.counts.waiting == 1


def test_an_outage_is_logged_once(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    url = f"http://127.0.0.1:{free_port()}"
    client = Ratchet(url, spool=tmp_path)
    for _ in range(3):
        client.record(EXPERIENCE)
        client.flush(0.3)
    client.close(0)
    # Clients of other tests may still end.
    own = [record for record in caplog.records if url in record.getMessage()]
    assert [record.levelno for record in own].count(logging.WARNING) == 1
    assert "does not accept experiences" in caplog.text
    assert client.counts.problems.keys() == {EventKind.EXPERIENCES}


async def test_the_asynchronous_face_records_without_being_awaited(
    intake: str, redis: Redis, tmp_path: Path
):
    async with AsyncRatchet(intake, spool=tmp_path, linger_s=0.0) as client:
        query_id = client.record(transcript="What is the power of pump 1?")
        client.feedback(query_id, "up")
        assert await client.flush()
        ranking = await client.rank("power of pump 1?", ["kpi", "trend"], limit=1)
        assert await client.model() is None
    assert client.counts.accepted == 2
    assert ranking.decision_id is not None
    assert len(ranking.scenarios) == 1
