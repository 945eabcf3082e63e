"""What is said about an answered question: the answer, its feedback and its reward."""

from collections.abc import Iterator, Mapping
from typing import Any

from ledger.domain.projection.changes import Facts, Saying
from ledger.domain.projection.fold import Stamp, Word, revised, said_at
from ledger.domain.projection.judgement import judged_columns
from ledger.domain.values import keyed, plain, whole
from ratchet.contract import (
    Experience,
    ExperienceRecorded,
    ExperienceScored,
    FeedbackReceived,
    microseconds,
)

_MOST_SCENARIOS = 24
_MOST_DOMAINS = 10


def recorded(event: ExperienceRecorded) -> Facts:
    told, stamp = event.experience, said_at(event)
    said = {
        "rating": told.user_rating,
        "correction": told.correction_text,
        "interactions": told.widget_interactions,
    }
    words = (
        Word("recorded", stamp, _answer(told)),
        *_own_words(stamp, said),
        *_judge_words(stamp, judged_columns(told)),
    )
    return Facts((Saying("experiences", plain(told.query_id), words),))


def received(event: FeedbackReceived) -> Facts:
    """A rating that comes with a judge's figures is the judge's."""
    told, stamp = event.feedback, said_at(event)
    said = {
        "rating": told.rating,
        "correction": told.correction,
        "interactions": told.interactions,
    }
    judged = tuple(_judge_words(stamp, judged_columns(told)))
    by_judge = any(word.topic == "by_judge" for word in judged)
    words = (*_own_words(stamp, said, by_judge), *judged)
    return Facts((Saying("experiences", plain(told.query_id), words),))


def scored(event: ExperienceScored) -> Facts:
    columns = {
        "revision": whole(event.revision),
        "reward": event.total,
        "widget_reward": event.widget_reward,
        "voice_reward": event.voice_reward,
        "components": {plain(name, 100): value for name, value in event.components.items()},
        "read_follow_up": event.follow_up,
        "scored_at": microseconds(event.occurred_at),
    }
    word = Word("scored", revised(event.revision, event), columns)
    return Facts((Saying("experiences", plain(event.query_id), (word,)),))


def _answer(told: Experience) -> dict[str, Any]:
    intent, plan = told.parsed_intent, told.widget_plan
    return {
        "answered_at": microseconds(told.timestamp),
        "user_id": plain(told.user_id),
        "transcript": plain(told.transcript),
        "intent_type": plain(intent.type, 100),
        "domains": [plain(domain, 100) for domain in intent.domains[:_MOST_DOMAINS]],
        "primary_characteristic": plain(intent.primary_characteristic or "", 100),
        "confidence": told.intent_confidence or intent.confidence,
        "select_method": plain(plan.select_method, 100),
        "heading": plain(plan.heading, 200),
        "scenarios": [plain(shown.scenario, 100) for shown in plan.widgets[:_MOST_SCENARIOS]],
        "widget_count": len(plan.widgets),
        "processing_time_ms": whole(told.processing_time_ms),
        "voiced": bool(told.voice_response),
        "decision_id": keyed(told.decision_id),
    }


def _own_words(stamp: Stamp, said: Mapping[str, Any], by_judge: bool = False) -> Iterator[Word]:
    if said["rating"] is not None:
        yield Word("rating", stamp, {"rating": said["rating"]})
    if said["correction"]:
        yield Word("correction", stamp, {"correction": plain(said["correction"])})
    if said["interactions"] is not None:
        yield Word("interactions", stamp, {"interactions": len(said["interactions"])})
    if not by_judge and (said["rating"] is not None or said["correction"]):
        yield Word("by_user", stamp, {"by_user": True})


def _judge_words(stamp: Stamp, judged: Mapping[str, Mapping[str, Any]]) -> Iterator[Word]:
    for topic, columns in judged.items():
        yield Word(topic, stamp, columns)
    if judged.keys() - {"follow_up"}:
        yield Word("by_judge", stamp, {"by_judge": True})
