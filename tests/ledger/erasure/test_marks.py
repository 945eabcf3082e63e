"""The keys that remember an id go with the entry: a client may have chosen a name as the id."""

from pathlib import Path

import pytest
from redis.asyncio import Redis

from ledger.archive.store import ArchiveStore
from ledger.archive.stream_rows import rows_after
from ledger.domain.erasure import Subject
from ledger.erasure.streams import redact_archive, redact_stream
from ratchet.contract import BEGINNING, FEEDBACK, Feedback, FeedbackReceived, utc_now
from ratchet.delivery import Publisher, published_key, seen_key


async def rate(redis: Redis, *users: str) -> None:
    for user in users:
        body = Feedback(query_id=f"q-{user}", user_id=user, rating="up")
        fact = FeedbackReceived(event_id=f"rated-by-{user}", occurred_at=utc_now(), feedback=body)
        await Publisher(redis).publish([fact], {fact.event_id}, owner="key")
        await redis.set(seen_key("reward", fact.event_id), "feedback")


async def archive(redis: Redis, directory: Path) -> ArchiveStore:
    """Every entry of the stream is only in the archive."""
    store = ArchiveStore(str(directory))
    store.write(FEEDBACK.name, [row async for row in rows_after(redis, FEEDBACK, BEGINNING)])
    await redis.xtrim(FEEDBACK.key, maxlen=0)
    return store


async def test_marks_of_an_erased_entry_are_erased_and_those_of_others_stay(redis: Redis):
    await rate(redis, "maria", "anna")
    assert await redact_stream(redis, FEEDBACK, Subject(query_ids={"q-maria"})) == 1
    assert await redis.keys("*maria*") == []
    assert await redis.exists(published_key("rated-by-anna"), seen_key("reward", "rated-by-anna"))


async def test_marks_of_an_archived_entry_are_erased_and_those_of_others_stay(
    redis: Redis, tmp_path: Path
):
    await rate(redis, "maria", "anna")
    store = await archive(redis, tmp_path / "archive")
    erased = await redact_archive(redis, store, FEEDBACK, Subject(query_ids={"q-maria"}))
    assert erased == 1
    assert await redis.keys("*maria*") == []
    assert await redis.exists(published_key("rated-by-anna"), seen_key("reward", "rated-by-anna"))


async def test_marks_are_erased_before_the_only_file_that_has_their_ids(
    redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A kill between the two leaves the entry, and the next attempt finds it."""
    await rate(redis, "maria")
    store = await archive(redis, tmp_path / "archive")

    def fail(*_: object) -> None:
        raise OSError("killed here")

    monkeypatch.setattr(store, "replace", fail)
    with pytest.raises(OSError, match="killed here"):
        await redact_archive(redis, store, FEEDBACK, Subject(query_ids={"q-maria"}))
    assert await redis.keys("*maria*") == []
    assert len(store.files(FEEDBACK.name)) == 1
