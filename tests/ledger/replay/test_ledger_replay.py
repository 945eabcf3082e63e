"""Comparison of the ledger in service with one rebuilt from archive and streams."""

from collections.abc import Callable

import pytest

from ledger.backends.database import open_for_writing
from ledger.backends.writer import SqlLedger
from ledger.domain.final_state import Difference
from ledger.replay.ledger_replay import (
    LedgerComparison,
    ensure_readable,
    replay_ledger,
    restore_ledger,
)
from ratchet.contract import (
    COMMANDS,
    EXPERIENCES,
    Event,
    ExperienceRecorded,
    TrainingRequested,
    Unavailable,
    derived_id,
)
from ratchet.delivery import Publisher
from ratchet.storage import bury
from ratchet_testing.deliveries import delivered

from .conftest import START, Served, facts


async def compared(served: Served, url: str) -> LedgerComparison:
    return await replay_ledger(served.redis, served.store, url)


def change(url: str, *statements: str) -> None:
    engine = open_for_writing(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def command(number: int) -> Event:
    return TrainingRequested(
        event_id=derived_id("command", str(number)), occurred_at=START, requested_by="tests"
    )


@pytest.fixture
async def url(served: Served, new_url: Callable[[], str]) -> str:
    """A restored ledger, on each kind of database."""
    url = new_url()
    assert await restore_ledger(served.redis, served.store, url) > 500
    return url


async def test_a_ledger_restored_from_archive_and_streams_equals_the_lost_one(
    served: Served, url: str
):
    of_the_service, restored = await compared(served, served.ledger), await compared(served, url)
    assert of_the_service.original == restored.original == restored.replayed
    assert restored.events[0] == restored.events[1] == of_the_service.events[0]
    assert restored.differences == []
    assert await restore_ledger(served.redis, served.store, url) == 0, "it lacks nothing"


async def test_rows_that_were_tampered_with_are_reported(served: Served, url: str):
    row = next(fact.experience for fact in facts() if isinstance(fact, ExperienceRecorded))
    change(
        url,
        f"UPDATE experiences SET reward = 2 WHERE query_id = '{row.query_id}'",
        "UPDATE counts SET count = count + 1 WHERE name = 'experiences' AND which = 'total'",
        f"DELETE FROM events WHERE event_id = '{derived_id('pair')}'",
        "INSERT INTO run_examples VALUES ('a run', 'of nothing')",
    )
    comparison = await compared(served, url)
    assert comparison.original != comparison.replayed
    assert comparison.differences == [
        Difference("ledger counts that differ", 1, ("experiences:total",)),
        Difference("ledger events only after the replay", 1, (derived_id("pair"),)),
        Difference("ledger experiences that differ", 1, (row.query_id,)),
        Difference("ledger run examples missing after the replay", 1, ("a run:of nothing",)),
    ]


async def test_a_changed_event_is_reported(served: Served, url: str):
    change(url, f"UPDATE events SET body = '{{}}' WHERE event_id = '{derived_id('pair')}'")
    comparison = await compared(served, url)
    assert comparison.differences == [
        Difference("ledger events that differ", 1, (derived_id("pair"),))
    ]


async def test_a_ledger_that_lags_is_compared_up_to_its_position(served: Served):
    """First it has read none of three commands; then it has written two and acknowledged none."""
    await Publisher(served.redis).publish([command(number) for number in range(3)])
    behind = await compared(served, served.ledger)
    assert (behind.waiting, behind.differences) == (3, [])
    assert behind.original == behind.replayed

    await served.redis.xreadgroup("ledger", "slow", {COMMANDS.key: ">"}, count=2)
    engine = open_for_writing(served.ledger)
    SqlLedger(engine).write(delivered([command(0), command(1)]))
    engine.dispose()
    comparison = await compared(served, served.ledger)
    assert (comparison.waiting, comparison.differences) == (1, [])
    assert comparison.events[0] == behind.events[0] + 2


async def test_an_acknowledged_event_that_the_ledger_lacks_is_reported(served: Served):
    await Publisher(served.redis).publish([command(0)])
    await served.redis.xgroup_setid(COMMANDS.key, "ledger", "$")
    comparison = await compared(served, served.ledger)
    ids = (derived_id("command", "0"),)
    assert Difference("ledger events only after the replay", 1, ids) in comparison.differences


async def test_an_erased_question_is_not_replayed(served: Served, new_url: Callable[[], str]):
    """A producer published the question again after the erasure; the ledger ignored it."""
    row = next(fact for fact in facts() if isinstance(fact, ExperienceRecorded))
    changes = {"query_id": "forgotten-question"}
    again = {
        "event_id": derived_id("again"),
        "experience": row.experience.model_copy(update=changes),
    }
    await Publisher(served.redis).publish([row.model_copy(update=again)])
    await served.redis.xgroup_setid(EXPERIENCES.key, "ledger", "$")
    assert (await compared(served, served.ledger)).differences

    await bury(served.redis, ["forgotten-question"])
    assert (await compared(served, served.ledger)).differences == []
    url = new_url()
    await restore_ledger(served.redis, served.store, url)
    comparison = await compared(served, url)
    assert comparison.original == (await compared(served, served.ledger)).original


async def test_a_missing_ledger_is_reported_with_the_remedy(served: Served):
    (served.data_dir / "ledger.db").unlink()
    with pytest.raises(Unavailable, match="pass --restore-ledger to rebuild the ledger"):
        ensure_readable(served.ledger)
