"""Projects events about experiences: the answer, its feedback and its reward."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ledger.domain.projection.changes import (
    ColumnUpdate,
    EventChanges,
    RowChange,
    revision_stamp,
    time_stamp,
)
from ledger.domain.projection.judgements import has_judged, judge_updates, judged_columns
from ledger.domain.values import keyed, plain, whole
from ratchet.contract import (
    Experience,
    ExperienceRecorded,
    ExperienceScored,
    FeedbackReceived,
    Intent,
    Stamp,
    is_evaluation_agent,
    microseconds,
)

UNKNOWN = "unknown"
_NO_INTENT = Intent()
_MOST_SCENARIOS = 24
_MOST_DOMAINS = 10


def recorded(event: ExperienceRecorded) -> EventChanges:
    experience, stamp = event.experience, time_stamp(event)
    statements = {
        "rating": experience.user_rating,
        "correction": experience.correction_text,
        "interactions": experience.widget_interactions,
    }
    by_judge = has_judged(experience, experience.user_rating)
    updates = (
        ColumnUpdate("recorded", stamp, _answer(experience)),
        *_user_updates(stamp, statements),
        *judge_updates(stamp, judged_columns(experience), by_judge),
    )
    return EventChanges((RowChange("experiences", plain(experience.query_id), updates),))


def answers(events: Sequence[ExperienceRecorded]) -> Iterator[EventChanges]:
    """Project the experiences of one query id, at least one, as they arrived.

    The first has the answer. Later ones of equal content add what they state of it; those of
    another content are counted, and change nothing else.
    """
    first, *others = events
    (row,) = recorded(first).rows
    same = [event for event in others if _content(event) == _content(first)]
    stated = [
        update
        for event in same
        for change in recorded(event).rows
        for update in change.updates
        if update.topic != "recorded"
    ]
    if conflicts := len(others) - len(same):
        count = ColumnUpdate("conflicts", time_stamp(first), {"conflicts": conflicts})
        stated.append(count)
    yield EventChanges((row._replace(updates=(*row.updates, *stated)),))


def _content(event: ExperienceRecorded) -> tuple[object, ...]:
    """What feedback refers to, as the reward service compares it."""
    experience, plan = event.experience, event.experience.widget_plan
    widgets = tuple((widget.scenario, widget.size) for widget in plan.widgets)
    return experience.transcript, experience.voice_response, plan.heading, widgets


def received(event: FeedbackReceived) -> EventChanges:
    """Project feedback; a rating in one message with a judge's scores is the judge's.

    So is everything that an evaluation agent sends.
    """
    feedback, stamp = event.feedback, time_stamp(event)
    statements = {
        "rating": feedback.rating,
        "correction": feedback.correction,
        "interactions": feedback.interactions,
    }
    by_judge = has_judged(feedback, feedback.rating) or is_evaluation_agent(feedback.user_id)
    judged = judge_updates(stamp, judged_columns(feedback), by_judge)
    updates = (*_user_updates(stamp, statements, by_judge), *judged)
    return EventChanges((RowChange("experiences", plain(feedback.query_id), updates),))


def scored(event: ExperienceScored) -> EventChanges:
    columns = {
        "revision": whole(event.revision),
        "reward": event.total,
        "widget_reward": event.widget_reward,
        "voice_reward": event.voice_reward,
        "components": {plain(name, 100): value for name, value in event.components.items()},
        "read_follow_up": event.follow_up,
        "scored_at": microseconds(event.occurred_at),
    }
    update = ColumnUpdate("scored", revision_stamp(event.revision, event), columns)
    return EventChanges((RowChange("experiences", plain(event.query_id), (update,)),))


def _answer(experience: Experience) -> dict[str, Any]:
    intent, plan = experience.parsed_intent, experience.widget_plan
    return {
        "answered_at": microseconds(experience.timestamp),
        "user_id": plain(experience.user_id),
        "transcript": plain(experience.transcript),
        "intent_type": UNKNOWN if intent == _NO_INTENT else plain(intent.type, 100) or UNKNOWN,
        "domains": [plain(domain, 100) for domain in intent.domains[:_MOST_DOMAINS]],
        "primary_characteristic": plain(intent.primary_characteristic or "", 100),
        "confidence": experience.intent_confidence or intent.confidence or None,
        "select_method": plain(plan.select_method, 100),
        "heading": plain(plan.heading, 200),
        "scenarios": [plain(shown.scenario, 100) for shown in plan.widgets[:_MOST_SCENARIOS]],
        "widget_count": len(plan.widgets),
        "processing_time_ms": whole(experience.processing_time_ms),
        "voiced": bool(experience.voice_response),
        "decision_id": keyed(experience.decision_id),
    }


def _user_updates(
    stamp: Stamp, statements: Mapping[str, Any], by_judge: bool = False
) -> Iterator[ColumnUpdate]:
    """An empty list of interactions states nothing: clients send one with every rating."""
    if statements["rating"] is not None:
        yield ColumnUpdate("rating", stamp, {"rating": statements["rating"]})
    if statements["correction"]:
        yield ColumnUpdate("correction", stamp, {"correction": plain(statements["correction"])})
    if statements["interactions"]:
        yield ColumnUpdate("interactions", stamp, {"interactions": len(statements["interactions"])})
    if not by_judge and (statements["rating"] is not None or statements["correction"]):
        yield ColumnUpdate("by_user", stamp, {"by_user": True})
