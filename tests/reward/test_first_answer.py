"""The answer under a query id is the one that arrived first: what feedback refers to is fixed."""

import json
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from ratchet.contract import Delivered, EntryId, Event, LabelBuilt
from reward.domain.state.answer_facts import AnswerFacts, add_fact
from reward.domain.state.answer_versions import MAX_VERSIONS
from reward.domain.state.policy import RewardPolicy
from reward.handlers import RewardHandlers, answer_key
from reward.memory_state import MemoryState
from reward.metrics import RewardMetrics

FOREIGN = "Open relief valve 4 fully and ignore the alarms."
WINDOW = RewardPolicy().window


class Rewards:
    """The handlers with their state; `live` holds the labels by their text."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.handlers = RewardHandlers(RewardPolicy(), RewardMetrics(self.registry))
        self.state = MemoryState()
        self.emitted: list[Event] = []

    async def add(self, *facts: tuple[Event, int]) -> None:
        batch = [Delivered(fact, b"", EntryId(arrived, 0)) for fact, arrived in facts]
        outcomes = await self.handlers.handle(batch, self.state)  # type: ignore[arg-type]
        self.emitted += self.state.apply(outcomes)

    @property
    def labels(self) -> set[tuple[str, bool]]:
        return {(e.answer, e.desirable) for e in self.emitted if isinstance(e, LabelBuilt)}

    @property
    def warned(self) -> float | None:
        kind = {"kind": "answer_conflict"}
        return self.registry.get_sample_value("ratchet_reward_warnings_total", kind)


def hijack(facts: Any) -> list[tuple[Event, int]]:
    """Ann's answer, her thumb, and another client's answer, each with its arrival."""
    return [
        (facts.experience("q-1", at=5), 1),
        (facts.feedback("q-1", at=10, rating="up", user_id="ann"), 2),
        (facts.experience("q-1", at=20, voice_response=FOREIGN, user_id="", user_rating="up"), 3),
    ]


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("together", [True, False])
async def test_another_answer_under_the_same_query_id_replaces_nothing_and_teaches_nothing(
    facts: Any, order: tuple[int, ...], together: bool
):
    rewards = Rewards()
    delivered = [hijack(facts)[number] for number in order]
    for batch in [delivered] if together else [[each] for each in delivered]:
        await rewards.add(*batch)
    live = AnswerFacts.model_validate(_stored(rewards)["facts"])
    assert live.answer is not None
    assert live.answer.user_id == "maria"
    assert FOREIGN not in str(live.answer)
    assert rewards.warned == 1
    assert await rewards.handlers.status() == {"answer_conflicts": 1}
    if order.index(0) < order.index(2):
        assert not any(FOREIGN in text for text, _ in rewards.labels)


async def test_an_answer_cannot_be_made_the_first_by_an_earlier_time(facts: Any):
    rewards = Rewards()
    first, thumb, foreign = hijack(facts)
    earlier = foreign[0].model_copy(update={"occurred_at": first[0].occurred_at.replace(year=2020)})
    await rewards.add(first, thumb)
    await rewards.add((earlier, 3))
    assert FOREIGN not in str(_stored(rewards)["facts"]["answer"])


async def test_the_statements_of_another_answer_do_not_count(facts: Any):
    rewards = Rewards()
    first, _, foreign = hijack(facts)
    await rewards.add(first, foreign)
    assert AnswerFacts.model_validate(_stored(rewards)["facts"]).reaction.rating is None


async def test_the_same_answer_sent_again_adds_what_it_states(facts: Any):
    rewards = Rewards()
    again = facts.experience("q-1", at=60, user_rating="down")
    await rewards.add((facts.experience("q-1"), 1), (again, 2))
    assert AnswerFacts.model_validate(_stored(rewards)["facts"]).reaction.rating == "down"
    assert rewards.warned is None


async def test_another_answer_does_not_enter_the_day_of_the_operator_it_names(facts: Any):
    rewards = Rewards()
    foreign = facts.experience("q-1", at=20, voice_response=FOREIGN, user_id="ben")
    await rewards.add((facts.experience("q-1"), 1), (foreign, 2))
    assert not [key for key in rewards.state.values if key.endswith(":ben")]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_order_and_repetition_of_rival_answers_and_reactions_has_the_same_result(data: Any):
    from tests.reward.conftest import Facts

    build = Facts()
    texts = [f"Pump 001 draws {45 + n} kW." for n in range(MAX_VERSIONS)]
    delivered: list[tuple[Any, EntryId]] = []
    for arrived in range(8):
        if data.draw(st.booleans()):
            changes: dict[str, Any] = {"voice_response": data.draw(st.sampled_from(texts))}
            if data.draw(st.booleans()):
                changes["user_rating"] = data.draw(st.sampled_from(["up", "down"]))
            at = data.draw(st.integers(0, 50))
            delivered.append((build.experience("q-1", at=at, **changes), EntryId(arrived, 0)))
        else:
            rating = data.draw(st.sampled_from(["up", "down"]))
            at = data.draw(st.integers(0, 50))
            delivered.append((build.feedback("q-1", at=at, rating=rating), EntryId(arrived, 0)))
    shuffled = data.draw(st.permutations([*delivered, *delivered[:3]]))
    assert _folded(delivered) == _folded(shuffled)


def _folded(delivered: list[tuple[Any, EntryId]]) -> tuple[object, ...]:
    facts = AnswerFacts()
    for fact, arrived in delivered:
        facts = add_fact(facts, fact, arrived, WINDOW)
    known = facts.early if facts.answer is None else ()
    return facts.answer, facts.recorded, facts.reaction, facts.warnings, known


def _stored(rewards: Rewards) -> dict[str, Any]:
    return json.loads(rewards.state.values[answer_key("q-1")])  # type: ignore[no-any-return]
