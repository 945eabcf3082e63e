"""`GET /api/layer2/rl-history/`: every field that the page uses."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from ratchet.contract import Event, ExperienceRecorded, FeedbackReceived
from ratchet_testing.ledger_world import DAY

from .ledger_and_trainer import HISTORY, START, answered, fits, reacted, reading, scored

Shown = dict[str, Any]
JUDGED = {
    "evaluation_confidence": 0.8,
    "query_understanding": "the power of one pump",
    "per_widget_feedback": [{"widget_index": 1, "appropriateness_score": 0.6}],
    "voice_evaluation_confidence": 0.7,
    "voice_dimension_scores_claude": {"groundedness": 0.9},
}


@pytest.fixture
def history_of(redis: Redis, valkey_url: str, tmp_path: Path) -> Any:
    async def request(events: Sequence[Event], limit: int | None = None) -> Shown:
        async with reading(valkey_url, tmp_path, events) as client:
            params = {} if limit is None else {"limit": limit}
            return fits(await client.get(HISTORY, params=params), "rl-history")

    return request


def by_id(history: Shown) -> dict[str, Shown]:
    return {row["query_id"]: row for row in history["query_details"]}


async def test_an_empty_system_fits_the_schema(history_of: Any):
    history = await history_of([])
    assert history["query_details"] == history["reward_timeline"] == []
    assert history["evaluation_summary"] is None
    assert [bucket["count"] for bucket in history["latency_buckets"]] == [0] * 5
    assert history["query_aggregates"]["total_experiences"] == 0


async def test_a_plants_day_fits_the_schema_and_adds_up(plant: httpx.AsyncClient):
    history = fits(await plant.get(HISTORY), "rl-history")
    recorded = {e.experience.query_id for e in DAY if isinstance(e, ExperienceRecorded)}
    assert by_id(history).keys() == recorded
    assert sum(history["feedback_distribution"].values()) == len(recorded)
    assert sum(bucket["count"] for bucket in history["latency_buckets"]) == len(recorded)
    assert history["query_aggregates"]["total_experiences"] == len(recorded)
    assert history["query_aggregates"]["dpo_pairs_generated"] > 0
    answered_ids = {e.feedback.query_id for e in DAY if isinstance(e, FeedbackReceived)}
    silent = recorded - answered_ids
    assert all(by_id(history)[query_id]["rating"] is None for query_id in silent)


async def test_the_loss_curve_is_of_the_last_run_that_has_one(plant: httpx.AsyncClient):
    curve = fits(await plant.get(HISTORY), "rl-history")["training_loss_curve"]
    assert [(point["step"], point["loss"]) for point in curve] == [(1, 0.7), (3, 0.4)]


async def test_rows_with_nulls_fit_the_schema(history_of: Any):
    bare = answered(1, transcript="", parsed_intent=None, widget_plan=None, user_rating=None)
    history = await history_of([reacted(7, rating="up"), bare])
    [row] = history["query_details"]
    assert (row["reward"], row["rating"], row["widget_count"]) == (None, None, 0)
    assert (row["intent_type"], row["confidence"]) == ("unknown", None)
    assert history["reward_timeline"] == []


async def test_the_newest_rows_are_listed_oldest_first_with_their_position(history_of: Any):
    events = [*(answered(n) for n in range(9)), *(scored(n, n / 10) for n in range(9))]
    history = await history_of(events, limit=3)
    rows = history["query_details"]
    assert [(row["query_id"], row["buffer_position"]) for row in rows] == [
        ("q-6", 7),
        ("q-7", 8),
        ("q-8", 9),
    ]
    assert [point["reward"] for point in history["reward_timeline"]] == [0.6, 0.7, 0.8]


@pytest.mark.parametrize(("limit", "shown"), [(None, 500), (2000, 2000), (5000, 2000), (1, 1)])
async def test_the_history_has_500_rows_by_default_and_2000_at_most(
    history_of: Any, limit: int | None, shown: int
):
    history = await history_of([answered(number) for number in range(2005)], limit)
    assert len(history["query_details"]) == shown
    assert len(history["processing_time_trend"]) == min(shown, 200)
    assert (
        history["processing_time_trend"][-1]["timestamp"]
        == (history["query_details"][-1]["timestamp"])
    )
    assert history["query_aggregates"]["total_experiences"] == 2005


@pytest.mark.parametrize("limit", ["0", "-1", "many", "1.5", ""])
async def test_an_invalid_limit_is_400(empty: httpx.AsyncClient, limit: str):
    answer = await empty.get(HISTORY, params={"limit": limit})
    assert (answer.status_code, set(answer.json())) == (400, {"error"})
    assert answer.json()["error"].startswith("limit: ")


async def test_long_texts_are_cut(history_of: Any):
    plan = {"heading": "h" * 100, "widgets": [{"scenario": f"s{n}"} for n in range(12)]}
    [row] = (await history_of([answered(1, transcript="t" * 200, widget_plan=plan)]))[
        "query_details"
    ]
    assert (len(row["query"]), len(row["heading"]), len(row["scenarios"])) == (120, 80, 8)
    assert row["widget_count"] == 12


async def test_processing_times_are_counted_in_five_ranges(history_of: Any):
    times = (0, 999, 1000, 2999, 3000, 5999, 6000, 9999, 10_000, 60_000)
    events = [answered(n, processing_time_ms=ms) for n, ms in enumerate(times)]
    history = await history_of(events)
    assert [(bucket["range"], bucket["count"]) for bucket in history["latency_buckets"]] == [
        ("<1s", 2),
        ("1-3s", 2),
        ("3-6s", 2),
        ("6-10s", 2),
        (">10s", 2),
    ]
    assert [point["ms"] for point in history["processing_time_trend"]] == list(times)


async def test_the_history_names_the_ten_most_frequent_intents_and_fifteen_scenarios(
    history_of: Any,
):
    events = [
        answered(
            20 * kind + n,
            parsed_intent={"type": f"intent-{kind}"},
            widget_plan={"widgets": [{"scenario": f"scenario-{kind}"}]},
        )
        for kind in range(18)
        for n in range(kind + 1)
    ]
    history = await history_of(events)
    intents, scenarios = history["intent_distribution"], history["scenario_frequency"]
    assert intents == {f"intent-{kind}": kind + 1 for kind in range(8, 18)}
    assert scenarios == {f"scenario-{kind}": kind + 1 for kind in range(3, 18)}


@pytest.mark.parametrize(
    ("reactions", "source", "rating"),
    [
        ([], "implicit_only", None),
        ([{"interactions": []}], "implicit_only", None),
        ([{"rating": "up"}], "user_direct", None),
        ([{"correction": "pump 2"}], "user_direct", None),
        ([{"rating": "down", **JUDGED}], "eval_agent", "down"),
        ([{"rating": "up"}, JUDGED], "both", None),
    ],
)
async def test_the_source_of_feedback_is_shown(
    history_of: Any, reactions: list[Shown], source: str, rating: str | None
):
    history = await history_of([answered(1), *(reacted(1, **one) for one in reactions)])
    [row] = history["query_details"]
    assert (row["feedback_source"], row["eval_rating"]) == (source, rating)


async def test_the_evaluation_summary_averages_the_judges_scores(history_of: Any):
    other = {**JUDGED, "evaluation_confidence": 0.4, "voice_dimension_scores_claude": {}}
    history = await history_of(
        [
            answered(1, processing_time_ms=12_000),
            answered(2),
            answered(3),
            reacted(1, **JUDGED),
            reacted(2, **other),
        ]
    )
    assert history["evaluation_summary"] == {
        "count": 2,
        "avg_overall": pytest.approx(0.6),
        "avg_scenario_relevance": pytest.approx(0.6),
        "avg_data_accuracy": pytest.approx(0.9),
        "avg_response_quality": pytest.approx(0.7),
        "avg_latency_score": pytest.approx(0.75),
        "scores": [
            {"score": 0.8, "query": "question 1"},
            {"score": 0.4, "query": "question 2"},
        ],
    }
    row = by_id(history)["q-1"]
    assert (row["eval_overall"], row["eval_relevance"]) == (0.8, 0.6)
    assert (row["eval_accuracy"], row["eval_quality"]) == (0.9, 0.7)


async def test_a_dimension_that_no_judge_scored_is_absent_so_that_the_radar_leaves_a_gap(
    history_of: Any,
):
    history = await history_of([answered(1), reacted(1, evaluation_confidence=0.8)])
    summary = history["evaluation_summary"]
    dimensions = {name for name in summary if name.startswith("avg_")}
    assert summary["avg_overall"] == 0.8
    assert {"avg_data_accuracy", "avg_response_quality"} & dimensions == set()


async def test_the_reward_timeline_has_time_reward_and_rating(history_of: Any):
    history = await history_of([answered(1), reacted(1, rating="up"), scored(1, 1.2)])
    assert history["reward_timeline"] == [
        {
            "timestamp": START.replace(minute=1).isoformat(),
            "reward": 1.2,
            "rating": "up",
        }
    ]


async def test_without_a_ledger_the_answer_names_the_remedy(
    redis: Redis, valkey_url: str, tmp_path: Path
):
    async with reading(valkey_url, tmp_path, None) as client:
        answer = await client.get(HISTORY)
    assert (answer.status_code, set(answer.json())) == (503, {"error"})
    assert "python -m ledger" in answer.json()["error"]
    assert answer.headers["Retry-After"] == "5"


async def test_a_ledger_of_another_version_is_named(redis: Redis, valkey_url: str, tmp_path: Path):
    from ledger.backends.database import open_for_writing

    async with reading(valkey_url, tmp_path, [answered(1)]) as client:
        with open_for_writing(f"sqlite:///{tmp_path}/ledger.db").begin() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        answer = await client.get(HISTORY)
    assert answer.status_code == 503
    assert "9999" in answer.json()["error"]
