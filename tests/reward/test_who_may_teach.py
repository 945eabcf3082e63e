"""A correction of a caller who may not teach counts for the reward and makes no example."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.domain.corrections import approvals
from ratchet.contract import ExperienceRecorded, FeedbackReceived
from reward.domain.state.policy import RewardPolicy
from reward.offline import OfflineReplay

from .conftest import Facts

JUDGED = [
    {"widget_index": 1, "appropriateness_score": 0.9, "size_appropriate": True},
    {"widget_index": 2, "appropriateness_score": 0.1},
]
OTHERS = [
    {"widget_index": 1, "appropriateness_score": 0.1},
    {"widget_index": 2, "appropriateness_score": 0.9, "size_appropriate": True},
]


def waiting(event: Any) -> Any:
    return event.model_copy(update={"may_teach": False})


def approved(event: Any) -> FeedbackReceived:
    [approval] = approvals([event.model_dump(mode="json")], "maria", None)
    return approval


async def repairs(*facts: Any) -> list[str]:
    loop = OfflineReplay(RewardPolicy())
    await loop.add(*facts)
    return [example.chosen for example in loop.live.values() if example.rule == "repaired_plan"]


async def test_the_judgement_counts_and_the_repaired_plan_waits(facts: Any):
    judged = facts.feedback("q-1", per_widget_feedback=JUDGED, missing_widgets=["alerts"])
    taught, waited = OfflineReplay(RewardPolicy()), OfflineReplay(RewardPolicy())
    await taught.add(facts.experience("q-1"), judged)
    await waited.add(facts.experience("q-1"), waiting(judged))
    rules = {example.rule for example in waited.live.values()}
    assert "repaired_plan" in {example.rule for example in taught.live.values()}
    assert "repaired_plan" not in rules
    assert waited.scores["q-1"].total == taught.scores["q-1"].total


@pytest.mark.parametrize("experience_first", [True, False])
async def test_after_approval_it_is_the_example_that_it_would_have_been(
    facts: Any, experience_first: bool
):
    judged = facts.feedback("q-1", per_widget_feedback=JUDGED, missing_widgets=["alerts"])
    given_facts = [facts.experience("q-1"), waiting(judged), approved(waiting(judged))]
    if not experience_first:
        given_facts = [*given_facts[1:], given_facts[0]]
    assert await repairs(*given_facts) == await repairs(facts.experience("q-1"), judged)


async def test_an_experience_that_judges_itself_waits_as_well(facts: Any):
    recorded = facts.experience("q-1", per_widget_feedback=JUDGED)
    assert await repairs(recorded)
    assert not await repairs(waiting(recorded))
    assert await repairs(waiting(recorded), approved(waiting(recorded)))


async def test_half_of_a_correction_that_waits_makes_the_whole_wait(facts: Any):
    missing = waiting(facts.feedback("q-1", at=10, missing_widgets=["alerts"]))
    judged = facts.feedback("q-1", at=20, per_widget_feedback=JUDGED)
    assert not await repairs(facts.experience("q-1"), missing, judged)


async def test_an_approval_does_not_cover_what_is_sent_after_it(facts: Any):
    first = waiting(facts.feedback("q-1", at=10, per_widget_feedback=JUDGED))
    later = waiting(facts.feedback("q-1", at=20, per_widget_feedback=OTHERS))
    assert not await repairs(facts.experience("q-1"), first, approved(first), later)


def test_an_event_of_an_earlier_release_may_teach():
    fields = {"event_id": "a" * 32, "occurred_at": "2026-01-20T12:00:00Z"}
    old = FeedbackReceived.model_validate({**fields, "feedback": {"query_id": "q"}})
    assert old.may_teach
    assert "may_teach" not in old.model_dump_json()
    assert ExperienceRecorded.model_fields["may_teach"].default is True


@given(st.permutations(range(5)), st.lists(st.booleans(), min_size=4, max_size=4))
async def test_any_order_of_the_same_facts_makes_the_same_examples(
    order: list[int], may_teach: list[bool]
):
    facts = Facts()
    plans = [JUDGED, OTHERS, JUDGED, OTHERS]
    events = [facts.feedback("q-1", at=n, per_widget_feedback=p) for n, p in enumerate(plans)]
    events = [e if may else waiting(e) for e, may in zip(events, may_teach, strict=True)]
    all_facts = [facts.experience("q-1"), *events]
    assert await repairs(*(all_facts[n] for n in order)) == await repairs(*all_facts)
