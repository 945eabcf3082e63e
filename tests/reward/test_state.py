"""State is a bounded fold over facts: in any order, repeated, early or late."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from ratchet.contract import Delivered, FeedbackReceived, derived_id
from ratchet_testing.simulated_facts import Fact, facts_of
from reward.domain.examples.pairing_rules import PairingRules
from reward.domain.state.answer_facts import MAX_EARLY
from reward.domain.state.batch_state import DayKey
from reward.domain.state.policy import RewardPolicy
from reward.domain.state.state_keys import CALLS_FOR_S
from reward.handlers import QuestionKey, RewardHandlers, answer_key, day_key, question_key
from reward.memory_state import MemoryState
from reward.metrics import RewardMetrics
from reward.offline import OfflineReplay
from simulator import simulate

NOON = datetime(2026, 1, 20, 12, tzinfo=UTC)
START = datetime(2026, 1, 5, tzinfo=UTC)
POLICY = RewardPolicy(pairing=PairingRules(max_answers_per_user_per_day=4), follow_up_window_s=900)
KIB = 1024


def history() -> list[Fact]:
    """Simulated answers to six questions, their feedback, and one late reaction."""
    facts = facts_of(simulate(3, questions=6, start=START))
    late = next(fact for fact in facts if isinstance(fact, FeedbackReceived))
    changed = late.feedback.model_copy(update={"rating": "down", "follow_up_type": "repeat"})
    months_later = {
        "event_id": derived_id("late"),
        "occurred_at": late.occurred_at + timedelta(days=60),
        "feedback": changed,
    }
    return [*facts, late.model_copy(update=months_later)]


def outcome(replay: OfflineReplay) -> tuple[dict[str, Any], dict[str, Any]]:
    """Final rewards and live examples, without ids and causes."""
    path = {"event_id", "occurred_at", "caused_by", "revision", "sources", "warnings"}
    scores = {key: score.model_dump(exclude=path) for key, score in replay.scores.items()}
    live = {key: example.model_dump(exclude=path) for key, example in replay.live.items()}
    return scores, live


@pytest.fixture(scope="module")
def everything() -> list[Fact]:
    return history()


@pytest.fixture(scope="module")
def reference(everything: list[Fact]) -> OfflineReplay:
    """The facts in their own order, each once."""
    replay = OfflineReplay(POLICY)
    asyncio.run(replay.add(*everything))
    return replay


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), repeats=st.integers(1, 2), size=st.integers(1, 12))
async def test_any_order_and_repetition_has_the_same_rewards_and_examples(
    everything: list[Fact], reference: OfflineReplay, seed: int, repeats: int, size: int
):
    shuffled = everything * repeats
    random.Random(seed).shuffle(shuffled)
    other = OfflineReplay(POLICY)
    for start in range(0, len(shuffled), size):
        await other.add(*shuffled[start : start + size])
    assert outcome(other) == outcome(reference)
    assert any(score.follow_up for score in reference.scores.values())
    assert reference.live


async def test_feedback_after_the_window_is_recorded_and_not_scored(facts: Any):
    replay = OfflineReplay(RewardPolicy(window_days=30))
    day = 86_400
    await replay.add(facts.experience("q-1"), facts.feedback("q-1", at=29 * day, rating="up"))
    in_time = replay.scores["q-1"]
    assert in_time.rating == "up"
    await replay.add(facts.feedback("q-1", at=31 * day, rating="down"))
    assert replay.scores["q-1"] == in_time
    state = replay.state.values[answer_key("q-1")]
    assert b"late_feedback" in state


async def test_late_feedback_that_arrives_first_is_not_scored(facts: Any):
    replay = OfflineReplay(RewardPolicy(window_days=30))
    await replay.add(facts.feedback("q-1", at=31 * 86_400, rating="down"))
    await replay.add(facts.feedback("q-1", at=60, rating="up"))
    await replay.add(facts.experience("q-1"))
    assert replay.scores["q-1"].rating == "up"


async def test_a_changed_rating_is_a_new_revision_and_a_repeated_one_is_none(facts: Any):
    replay = OfflineReplay(RewardPolicy())
    await replay.add(facts.experience("q-1"), facts.feedback("q-1", at=1, rating="up"))
    assert replay.scores["q-1"].revision == 2
    await replay.add(facts.feedback("q-1", at=2, rating="up"))
    assert replay.scores["q-1"].revision == 2
    await replay.add(facts.feedback("q-1", at=3, rating="down"))
    assert replay.scores["q-1"].revision == 3


async def test_live_examples_name_the_latest_revision_of_their_sources(facts: Any):
    replay = OfflineReplay(RewardPolicy())
    await replay.add(facts.experience("q-1"), facts.feedback("q-1", at=1, rating="up"))
    await replay.add(facts.feedback("q-1", at=2, interactions=[{"widget_index": 0, "action": "x"}]))
    assert {s.revision for e in replay.live.values() for s in e.sources} == {3}


@pytest.mark.parametrize(
    ("seconds", "user_id", "follow_up"),
    [(60, "maria", "repeat"), (600, "maria", None), (60, "jose", None)],
)
async def test_the_next_question_of_the_same_operator_within_the_window_is_the_follow_up(
    facts: Any, seconds: int, user_id: str, follow_up: str | None
):
    replay = OfflineReplay(RewardPolicy(follow_up_window_s=300))
    later = {"timestamp": NOON + timedelta(seconds=seconds), "user_id": user_id}
    await replay.add(facts.experience("q-1"))
    await replay.add(facts.experience("q-2", transcript="say that again", **later))
    assert replay.scores["q-1"].follow_up == follow_up
    assert replay.scores["q-2"].follow_up is None


async def test_a_late_question_is_placed_between_its_neighbors(facts: Any):
    replay = OfflineReplay(RewardPolicy(follow_up_window_s=300))
    await replay.add(
        facts.experience("q-1"),
        facts.experience("q-3", timestamp=NOON + timedelta(seconds=90), transcript="what?"),
    )
    assert replay.scores["q-1"].follow_up == "repeat"
    await replay.add(
        facts.experience("q-2", timestamp=NOON + timedelta(seconds=45), transcript="thanks")
    )
    assert replay.scores["q-1"].follow_up == "satisfied"


@pytest.mark.parametrize(
    ("first", "next_", "follow_up", "reason"),
    [
        (
            "Wie hoch ist der Druck von Pumpe 2?",
            "Danke, das passt.",
            "satisfied",
            "de: an acknowledgement and no request",
        ),
        ("Quelle est la pression de la pompe 2 ?", "Merci.", None, "no follow-up rules for fr"),
        ("AHU-03?", "P-101?", None, "the language is not known: no guess"),
    ],
)
async def test_the_score_names_the_reason_for_the_follow_up_or_for_no_guess(
    facts: Any, first: str, next_: str, follow_up: str | None, reason: str
):
    replay = OfflineReplay(RewardPolicy())
    later = NOON + timedelta(seconds=9)
    await replay.add(facts.experience("q-1", transcript=first))
    await replay.add(facts.experience("q-2", transcript=next_, timestamp=later))
    score = replay.scores["q-1"]
    assert (score.follow_up, score.follow_up_reason) == (follow_up, reason)
    assert replay.scores["q-2"].follow_up_reason == ""
    await replay.add(facts.feedback("q-1", follow_up_type="repeat"))
    assert replay.scores["q-1"].follow_up_reason == "reported with the feedback"


async def test_a_follow_up_across_midnight_is_classified(facts: Any):
    replay = OfflineReplay(RewardPolicy(follow_up_window_s=300))
    midnight = datetime(2026, 1, 21, tzinfo=UTC)
    await replay.add(facts.experience("q-1", timestamp=midnight - timedelta(seconds=5)))
    await replay.add(
        facts.experience("q-2", timestamp=midnight + timedelta(seconds=5), transcript="what?")
    )
    assert replay.scores["q-1"].follow_up == "repeat"


def hostile(number: int, user_id: str) -> dict[str, Any]:
    """As large as the schema lets an experience be, in every field that state keeps."""
    huge = "pump 001 is at 45 kW; " * 50
    names = [huge] * 100
    return {
        "query_id": f"{number:03}".ljust(128, "q"),
        "user_id": user_id,
        "timestamp": NOON + timedelta(seconds=number),
        "transcript": "what is the power of pump 001 " * 66,
        "voice_response": "Pump 001 is at 45 kW. " * 181,
        "parsed_intent": {
            "type": huge,
            "domains": names,
            "entities": {"devices": names, "metric": huge},
            "primary_characteristic": huge,
        },
        "available_data_summary": {
            "readings": [
                {"equipment": "e" * 100, "metric": "m" * 100, "value": 1e300, "unit": "u" * 100}
            ]
            * 500,
            "tables": huge,
        },
        "widget_plan": {"heading": huge, "widgets": [{"scenario": huge, "size": huge}] * 500},
        "evaluation_reasoning": huge,
        "correction_text": huge,
        "missing_widgets": names,
        "suggested_improvements": names,
        "per_widget_feedback": [
            {"widget_index": n + 1, "appropriateness_score": 0.123456789, "issues": names}
            for n in range(500)
        ],
        "voice_dimension_scores_claude": {f"{n}{huge[:500]}": 0.5 for n in range(100)},
        "widget_interactions": [{"widget_index": n, "action": "click"} for n in range(2_000)],
        "user_rating": "up",
        "voice_evaluation_confidence": 0.9,
    }


async def test_memory_per_open_experience_is_bounded_as_documented(facts: Any, redis: Redis):
    """One hostile experience among others, measured on the server with its reactions."""
    replay = OfflineReplay(RewardPolicy())
    row = hostile(1, "u" * 256)
    [query_id] = [row.pop("query_id")]
    await replay.add(facts.experience(query_id, **row))
    for key, value in replay.state.values.items():
        await redis.set(key, value)
    answered = replay.state.values
    sizes = {key.split(":")[2]: await redis.memory_usage(key) for key in answered}
    assert sizes["answered"] <= 48 * KIB
    assert sizes["question"] <= 40 * KIB


async def test_early_feedback_waits_in_bounded_memory(facts: Any, redis: Redis):
    replay = OfflineReplay(RewardPolicy())
    judged = [
        {"widget_index": n + 1, "appropriateness_score": 0.123456789, "size_appropriate": True}
        for n in range(500)
    ]
    for number in range(2 * MAX_EARLY):
        content = {"rating": "up", "correction": "c" * 500, "missing_widgets": ["m" * 500] * 500}
        await replay.add(facts.feedback("q-1", at=number, per_widget_feedback=judged, **content))
    key = answer_key("q-1")
    await redis.set(key, replay.state.values[key])
    assert await redis.memory_usage(key) <= 128 * KIB
    assert b"early_feedback_overflow" in replay.state.values[key]


async def test_a_question_stores_its_newest_answers(facts: Any):
    replay = OfflineReplay(RewardPolicy(pairing=PairingRules(max_answers_per_question=3)))
    for number in range(6):
        moment = NOON + timedelta(hours=number)
        await replay.add(
            facts.experience(f"q-{number}", timestamp=moment, user_id=f"u-{number}"),
            facts.feedback(f"q-{number}", rating="up"),
        )
    questions = [v for k, v in replay.state.values.items() if ":question:voice:" in k]
    assert len(questions) == 1
    assert [f'"q-{n}":'.encode() in questions[0] for n in range(6)] == [False] * 3 + [True] * 3


def test_state_keys_name_their_content():
    assert answer_key("q-1") == "ratchet:reward:answered:q-1"
    assert day_key(DayKey("maria", 20_000)) == "ratchet:reward:day:20000:maria"
    assert question_key(QuestionKey("voice", "abc")) == "ratchet:reward:question:voice:abc"


@pytest.mark.parametrize("days", [29, 31])
async def test_expired_answers_before_a_gap_change_no_example(facts: Any, days: int):
    """A replay takes minutes and forgets nothing: it must end where years of service ended."""

    def asked_again() -> list[Fact]:
        later = NOON + timedelta(days=days)
        at = days * 86_400
        return [
            facts.experience("q-2", at=at, timestamp=later, user_id="jose", voice_response="No."),
            facts.feedback("q-2", at=at + 60, rating="down"),
        ]

    remembered, forgetful = (
        OfflineReplay(RewardPolicy(window_days=30)),
        OfflineReplay(RewardPolicy(window_days=30)),
    )
    for replay in (remembered, forgetful):
        await replay.add(facts.experience("q-1"), facts.feedback("q-1", rating="up"))
        if days > 30 and replay is forgetful:
            replay.state.values.clear()
        await replay.add(*asked_again())
    assert outcome(remembered) == outcome(forgetful)
    pairs = [e for e in remembered.live.values() if e.rule == "same_question"]
    assert bool(pairs) == (days < 30)


async def test_state_is_stored_as_long_as_a_fact_may_need_it(facts: Any):
    """An answer just within the window of another, judged at the end of its own window."""
    window_s = 30 * 86_400
    state = MemoryState()
    handlers = RewardHandlers(RewardPolicy(window_days=30), RewardMetrics(CollectorRegistry()))
    [outcome] = await handlers.handle([Delivered.of(facts.experience())], state)
    calls = {write.ttl_s for write in outcome.writes if "reward:calls:" in write.key}
    others = {write.ttl_s for write in outcome.writes if "reward:calls:" not in write.key}
    assert (others, calls) == ({2 * window_s}, {CALLS_FOR_S})
