"""After a repair of Redis every new revision exceeds those that the trainer knows."""

from typing import Any

import pytest

from ratchet.contract import (
    REVISION_FLOOR_KEY,
    Delivered,
    Example,
    ExperienceScored,
    ForgetRequested,
    utc_now,
)
from reward.domain.state.policy import RewardPolicy
from reward.erasure import RewardErasureHandler
from reward.offline import OfflineReplay
from reward.settings import RewardSettings

from .conftest import BAD, GOOD

FLOOR = 40


@pytest.fixture
async def reward(facts: Any) -> OfflineReplay:
    """A question with a good and a bad answer, and the floor of a repair."""
    reward = OfflineReplay(RewardSettings().reward_policy)
    await reward.add(facts.experience("q-1", voice_response=GOOD, user_id="ann"))
    await reward.add(facts.experience("q-2", at=1, voice_response=BAD, user_id="ben"))
    await reward.add(facts.feedback("q-1", rating="up"))
    assert reward.live
    reward.state.values[REVISION_FLOOR_KEY] = str(FLOOR).encode()
    reward.emitted.clear()
    return reward


def revisions(events: Any) -> list[int]:
    return [each.revision for each in events if isinstance(each, Example | ExperienceScored)]


async def test_new_revisions_of_scores_and_examples_exceed_the_floor(
    reward: OfflineReplay, facts: Any
):
    await reward.add(facts.feedback("q-1", at=20, rating="down"))
    first = revisions(reward.emitted)
    assert set(first) == {FLOOR + 1}
    reward.emitted.clear()
    await reward.add(facts.feedback("q-1", at=30, rating="up"))
    assert set(revisions(reward.emitted)) == {FLOOR + 2}


async def test_an_erasure_retracts_above_the_floor(reward: OfflineReplay):
    policy: RewardPolicy = RewardSettings().reward_policy
    request = ForgetRequested(
        event_id="forget-1", occurred_at=utc_now(), requested_by="tests", query_ids=("q-1",)
    )
    handler = RewardErasureHandler(policy, reward.handlers)
    outcomes = await handler.handle([Delivered.of(request)], reward.state)
    emitted = revisions(reward.state.apply(outcomes))
    assert emitted
    assert min(emitted) > FLOOR


async def test_without_a_repair_revisions_count_from_one(facts: Any):
    reward = OfflineReplay(RewardSettings().reward_policy)
    await reward.add(facts.experience("q-1", voice_response=GOOD, user_id="ann"))
    assert set(revisions(reward.emitted)) == {1}
