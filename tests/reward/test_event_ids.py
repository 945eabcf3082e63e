"""Ids of calculated events: a retry has the same ones, another effect of the same cause others."""

from typing import Any

from ratchet.contract import Event
from reward.domain.state.policy import RewardPolicy
from reward.offline import OfflineReplay

from .conftest import BAD, GOOD


async def effects_of(cause: Any, *before: Any) -> list[Event]:
    """What `cause` makes after the facts `before`."""
    reward = OfflineReplay(RewardPolicy())
    await reward.add(*before)
    reward.emitted.clear()
    await reward.add(cause)
    return reward.emitted


def ids(events: list[Event]) -> set[str]:
    return {event.event_id for event in events}


async def test_a_retry_makes_events_with_the_same_ids(facts: Any):
    answer = facts.experience("q-1", voice_response=GOOD, user_id="ann")
    thumb = facts.feedback("q-1", rating="up")
    first = await effects_of(thumb, answer)
    assert {type(event).__name__ for event in first} >= {"ExperienceScored", "LabelBuilt"}
    assert await effects_of(thumb, answer) == first


async def test_another_effect_of_the_same_cause_has_other_ids(facts: Any):
    """As after a Redis that went back: other facts have been processed before the cause."""
    answer = facts.experience("q-1", voice_response=GOOD, user_id="ann")
    other = facts.experience("q-2", at=1, voice_response=BAD, user_id="ben")
    thumb = facts.feedback("q-1", at=20, rating="up")
    alone = await effects_of(thumb, answer)
    for before in (
        [answer, facts.feedback("q-1", at=10, voice_response_rating="good")],
        [answer, other, facts.feedback("q-2", at=10, rating="down")],
    ):
        effects = await effects_of(thumb, *before)
        same = [event for event in effects if event.event_id in ids(alone)]
        assert all(event in alone for event in same)
    scored_later = await effects_of(answer, thumb)
    scored_first = await effects_of(answer)
    assert ids(scored_later).isdisjoint(ids(scored_first))
