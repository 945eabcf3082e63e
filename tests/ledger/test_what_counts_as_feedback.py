"""What counts as feedback, by whom, and until when; an earlier ledger is counted again."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from ledger.backends.database import open_for_reading, open_for_writing
from ledger.backends.migration import migrate
from ledger.reading import LedgerReader
from ratchet.contract import (
    Event,
    Experience,
    ExperienceRecorded,
    Feedback,
    FeedbackReceived,
    derived_id,
)
from ratchet_testing.deliveries import delivered
from ratchet_testing.ledger_world import Opened
from ratchet_testing.legacy.population import population

from .test_migration import EARLIER, as_the_first_revision_left_it, stand_at

NOON = datetime(2026, 1, 20, 12, tzinfo=UTC)
NOT_JUDGED = {"per_widget_feedback": [], "missing_widgets": [], "suggested_improvements": []}
EMPTY: dict[str, Any] = {
    **NOT_JUDGED,
    "widget_interactions": [],
    "voice_dimension_scores_claude": {},
    "query_understanding": "",
}


def recorded(**fields: Any) -> Event:
    row = {"query_id": "q", "timestamp": NOON, "transcript": "The power?", **fields}
    return ExperienceRecorded(
        event_id=derived_id("recorded", repr(sorted(row.items()))),
        occurred_at=NOON,
        experience=Experience.model_validate(row),
    )


def said(days: float = 0.0, **fields: Any) -> Event:
    return FeedbackReceived(
        event_id=derived_id("said", str(days), repr(fields)),
        occurred_at=NOON + timedelta(days=days, minutes=1),
        feedback=Feedback.model_validate({"query_id": "q", **fields}),
    )


@pytest.mark.parametrize(
    ("events", "source", "with_feedback"),
    [
        ([recorded()], "implicit_only", 0),
        ([recorded(**EMPTY)], "implicit_only", 0),
        ([recorded(), said(**NOT_JUDGED, interactions=[])], "implicit_only", 0),
        ([recorded(**EMPTY, follow_up_type="repeat")], "implicit_only", 1),
        ([recorded(**EMPTY, user_rating="up")], "user_direct", 1),
        (
            [recorded(**EMPTY, user_rating="up", voice_response_rating="good")],
            "user_direct",
            1,
        ),
        ([recorded(**EMPTY), said(rating="down", **NOT_JUDGED)], "user_direct", 1),
        ([recorded(**EMPTY, user_rating="up", evaluation_confidence=0.9)], "both", 1),
        ([recorded(**{**EMPTY, "missing_widgets": ["kpi"]})], "eval_agent", 1),
        ([recorded(), said(rating="up", evaluation_confidence=0.0)], "eval_agent", 1),
        ([recorded(user_id="rl-agent"), said(rating="up")], "eval_agent", 1),
        ([recorded(user_id="RL_Agent", user_rating="down")], "eval_agent", 1),
        ([recorded(user_id="ann"), said(rating="up", user_id="rl-agent")], "eval_agent", 1),
    ],
)
def test_only_what_somebody_stated_is_feedback(
    events: list[Event], source: str, with_feedback: int, ledger: Opened
):
    ledger.write(delivered(events))
    reader = LedgerReader(ledger.read)
    [shown] = reader.history(1)
    assert shown.feedback_source == source
    counts = reader.counts()
    assert (counts.with_feedback, counts.sources) == (with_feedback, {source: 1})


def test_no_missing_widget_is_a_statement_of_a_judge(ledger: Opened):
    judged = said(missing_widgets=["kpi"], evaluation_confidence=0.5)
    ledger.write(delivered([recorded(), judged]))
    ledger.write(delivered([said(1, missing_widgets=[], evaluation_confidence=0.6)]))
    ledger.write(delivered([said(2, missing_widgets=[], rating="up")]))
    [shown] = LedgerReader(ledger.read).history(1)
    assert (shown.missing_widgets, shown.rating) == ([], "up")


LATE = [recorded(), said(1, rating="up"), said(29, correction="pump 2"), said(31, rating="down")]


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_feedback_after_the_window_is_stored_and_changes_nothing(
    order: tuple[int, ...], ledger: Opened
):
    for number in order:
        ledger.write(delivered([LATE[number]]))
    reader = LedgerReader(ledger.read)
    story = reader.experience("q")
    assert story is not None
    assert (story.experience.rating, story.experience.correction) == ("up", "pump 2")
    assert len(story.facts) == 4
    assert reader.counts().ratings == {"up": 1, "down": 0, "none": 0}


def test_an_imported_history_is_counted_by_who_stated_something(ledger: Opened):
    rows: Any = population(1)["experiences"]
    events = [
        ExperienceRecorded(
            event_id=derived_id(row["query_id"]),
            occurred_at=NOON,
            experience=Experience.model_validate({**row, "timestamp": NOON}),
        )
        for row in rows
    ]
    ledger.write(delivered(events))
    counts = LedgerReader(ledger.read).counts()
    assert (counts.total, counts.with_feedback) == (844, 730)
    judged = counts.sources["both"] + counts.sources["eval_agent"]
    assert judged == 167
    rated = sum(bool(row["user_rating"] or row["correction_text"]) for row in rows)
    assert counts.sources["both"] + counts.sources["user_direct"] == rated


def test_a_ledger_of_an_earlier_release_is_counted_again(ledger: Opened):
    ledger.write(delivered([recorded(**EMPTY), said(40, rating="down")]))
    with ledger.engine.begin() as connection:
        wrong = "UPDATE experiences SET by_judge = true, rating = 'down', confidence = 0"
        connection.exec_driver_sql(wrong)
        connection.exec_driver_sql("UPDATE counts SET count = 7 WHERE name <> 'event'")
    stand_at(ledger, "0005")
    migrate(ledger.engine)
    reader = LedgerReader(ledger.read)
    [shown] = reader.history(1)
    assert (shown.rating, shown.confidence, shown.feedback_source) == (None, None, "implicit_only")
    counts = reader.counts()
    assert (counts.total, counts.with_feedback, counts.sources) == (1, 0, {"implicit_only": 1})
    assert counts.events == {"ExperienceRecorded": 1, "FeedbackReceived": 1}


def test_the_counts_of_the_first_revision_equal_those_of_its_events(new_url: Callable[[], str]):
    assert EARLIER.exists()
    url = new_url()
    engine = open_for_writing(url)
    as_the_first_revision_left_it(engine)
    migrate(engine)
    read = open_for_reading(url)
    reader = LedgerReader(read)
    counts = reader.counts()
    assert counts.total == len(reader.history(1000)) == sum(counts.ratings.values())
    assert sum(counts.sources.values()) == sum(counts.latencies.values()) == counts.total
    engine.dispose()
    read.dispose()
