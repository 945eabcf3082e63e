"""Erasure: the remaining state is as if the erased questions had never been asked."""

from collections.abc import Callable, Set
from datetime import UTC, datetime

import pytest
from prometheus_client import CollectorRegistry

from ratchet.contract import (
    BuiltExample,
    ExperienceRecorded,
    FeedbackReceived,
    ForgetRequested,
    Forgotten,
    utc_now,
)
from ratchet.storage import SALT_KEY, hashed
from ratchet_testing.deliveries import delivered
from ratchet_testing.simulated_facts import Fact, facts_of
from reward.domain.state.answer_facts import query_id_of
from reward.domain.state.policy import RewardPolicy
from reward.erasure import RewardErasureHandler
from reward.handlers import RewardHandlers
from reward.metrics import RewardMetrics
from reward.offline import OfflineReplay, replay
from simulator import simulate

POLICY = RewardPolicy()
FACTS = facts_of(simulate(7, 150, 3, start=datetime(2026, 1, 5, tzinfo=UTC)))
USER_OF = {
    query_id_of(fact): fact.experience.user_id
    for fact in FACTS
    if isinstance(fact, ExperienceRecorded)
}
WHOLE_USER = frozenset(name for name, user in USER_OF.items() if user == max(USER_OF.values()))
SOME = frozenset(sorted(USER_OF)[::17])


async def forget(system: OfflineReplay, query_ids: Set[str]) -> None:
    command = ForgetRequested(
        event_id="forget-them",
        occurred_at=utc_now(),
        requested_by="tests",
        query_ids=tuple(sorted(query_ids)),
    )
    handlers = RewardHandlers(POLICY, RewardMetrics(CollectorRegistry()))
    outcomes = await RewardErasureHandler(POLICY, handlers).handle(
        delivered([command]), system.state
    )
    system.emitted.extend(system.state.apply(outcomes))


def rewards_of(system: OfflineReplay, erased: Set[str]) -> dict[str, object]:
    return {
        query_id: (scored.total, scored.components, scored.follow_up, scored.plan)
        for query_id, scored in system.scores.items()
        if query_id not in erased
    }


def taught(system: OfflineReplay) -> dict[str, object]:
    def content(example: BuiltExample) -> object:
        path = {"event_id", "occurred_at", "caused_by", "trace", "revision", "sources"}
        return (example.model_dump(exclude=path), [each.query_id for each in example.sources])

    return {example_id: content(example) for example_id, example in system.live.items()}


@pytest.mark.parametrize("erased", [WHOLE_USER, SOME], ids=["a user", "some questions"])
async def test_the_remaining_state_is_as_if_erased_questions_had_never_been_asked(
    erased: frozenset[str],
):
    system = await replay(FACTS, POLICY)
    expected = await replay([fact for fact in FACTS if query_id_of(fact) not in erased], POLICY)
    assert taught(system) != taught(expected)
    await forget(system, erased)
    assert rewards_of(system, erased) == rewards_of(expected, erased)
    assert taught(system) == taught(expected)


async def test_no_text_and_no_id_of_an_erased_question_remains_in_the_state():
    system = await replay(FACTS, POLICY)
    await forget(system, WHOLE_USER)
    stored = b"\n".join(key.encode() + value for key, value in system.state.values.items())
    assert not [query_id for query_id in WHOLE_USER if query_id.encode() in stored]
    assert f'"user_id":"{max(USER_OF.values())}"'.encode() not in stored


async def test_feedback_about_a_question_that_never_came_leaves_no_key_behind():
    lonely = next(fact for fact in FACTS if isinstance(fact, FeedbackReceived))
    system = await replay([lonely], POLICY)
    assert system.state.values
    await forget(system, {query_id_of(lonely)})
    assert system.state.values == {}


async def test_a_repeated_erasure_changes_nothing_and_is_confirmed_again():
    system = await replay(FACTS, POLICY)
    await forget(system, SOME)
    state, count = dict(system.state.values), len(system.emitted)
    await forget(system, SOME)
    assert system.state.values == state
    [answer] = system.emitted[count:]
    assert isinstance(answer, Forgotten)
    assert answer.erased == {"answers": 0, "questions": 0}


@pytest.mark.parametrize("kind", ["ExperienceRecorded", "FeedbackReceived"])
async def test_a_late_fact_does_not_restore_an_erased_question(kind: str):
    system = await replay(FACTS, POLICY)
    await forget(system, SOME)
    system.state.values[SALT_KEY] = b"salt"
    for query_id in SOME:
        system.state.values[f"ratchet:forgotten:{hashed(b'salt', query_id)}"] = b"1"
    state = dict(system.state.values)
    about: Callable[[Fact], bool] = lambda fact: type(fact).__name__ == kind  # noqa: E731
    late = [fact for fact in FACTS if query_id_of(fact) in SOME and about(fact)]
    assert late
    await system.add(*late)
    assert system.state.values == state
