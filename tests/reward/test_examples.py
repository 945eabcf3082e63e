"""Examples compare answers to the same question; the live set is a function of the facts."""

import random
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from ratchet.events.example import BuiltExample, Example, ExampleRetracted, LabelBuilt, PairBuilt
from ratchet.events.experience import ExperienceRecorded, FeedbackReceived
from ratchet.simulator import simulate
from ratchet.testing.fakes import MemoryState
from ratchet.testing.simulated import Fact, facts_of
from reward.handlers import RewardHandlers
from reward.metrics import RewardMetrics
from reward.settings import RewardSettings

GOOD = "Pump 001 is consuming 45 kilowatts. That is 5 kilowatts above its average of 40 kilowatts."
BETTER = "Pump 001 draws 45 kilowatts, 5 kilowatts above its average of 40 kilowatts. It is normal."
BAD = "Well, let me think about that."


class Loop:
    """The handler over an in-memory state, with everything it emitted."""

    def __init__(self) -> None:
        self._handlers = RewardHandlers(RewardSettings(), RewardMetrics(CollectorRegistry()))
        self._state = MemoryState()
        self.emitted: list[Any] = []

    async def take(self, *batch: ExperienceRecorded | FeedbackReceived) -> None:
        outcomes = await self._handlers.handle(batch, self._state)
        self.emitted.extend(self._state.apply(outcomes))

    @property
    def live(self) -> dict[str, BuiltExample]:
        latest: dict[str, Example] = {}
        for event in self.emitted:
            if isinstance(event, Example) and (
                event.example_id not in latest or event.revision > latest[event.example_id].revision
            ):
                latest[event.example_id] = event
        return {key: e for key, e in latest.items() if isinstance(e, BuiltExample)}

    def pairs(self, aspect: str = "voice") -> list[PairBuilt]:
        found = [e for e in self.live.values() if isinstance(e, PairBuilt)]
        return [pair for pair in found if pair.aspect == aspect]


@pytest.fixture
def loop() -> Loop:
    return Loop()


async def test_two_answers_to_one_question_make_a_pair_with_the_better_one_chosen(
    loop: Loop, facts: Any
):
    await loop.take(
        facts.experience("q-1", voice_response=BAD),
        facts.experience("q-2", voice_response=GOOD),
        facts.feedback("q-1", rating="down"),
        facts.feedback("q-2", rating="up"),
    )
    [pair] = loop.pairs()
    assert (pair.chosen, pair.rejected) == (GOOD, BAD)
    assert pair.gap >= 0.3
    assert {source.query_id for source in pair.sources} == {"q-1", "q-2"}
    assert "pump 001 power: 45 kW" in pair.prompt
    assert pair.prompt.endswith("User question: What is the power of pump 001?\nResponse:")
    assert pair.question.asked is not None
    assert pair.question.asked.value == 45


@pytest.mark.parametrize(
    "other",
    [
        {"transcript": "What is the flow of pump 001?"},
        {"parsed_intent": {"type": "query", "entities": {"devices": ["pump-002"]}}},
        {"parsed_intent": {"type": "action_control", "entities": {"devices": ["pump-001"]}}},
        {"available_data_summary": {"readings": []}},
    ],
)
async def test_answers_to_different_questions_are_never_compared(
    loop: Loop, facts: Any, other: dict[str, Any]
):
    await loop.take(
        facts.experience("q-1", voice_response=BAD, **other),
        facts.experience("q-2", voice_response=GOOD),
        facts.feedback("q-1", rating="down"),
        facts.feedback("q-2", rating="up"),
    )
    assert loop.pairs() == []
    labels = [e for e in loop.live.values() if isinstance(e, LabelBuilt) and e.aspect == "voice"]
    assert {label.answer: label.desirable for label in labels} == {BAD: False, GOOD: True}


async def test_the_voice_sign_comes_from_the_voice(loop: Loop, facts: Any):
    await loop.take(
        facts.experience("q-1", voice_response=GOOD),
        facts.experience("q-2", voice_response=BETTER),
        facts.feedback("q-1", rating="up", voice_evaluation_confidence=0.1),
        facts.feedback("q-2", rating="down", voice_evaluation_confidence=0.9),
    )
    [pair] = loop.pairs()
    assert (pair.chosen, pair.rejected) == (BETTER, GOOD)


async def test_feedback_may_come_before_its_experience(loop: Loop, facts: Any):
    await loop.take(facts.feedback("q-1", rating="up", at=5))
    assert loop.emitted == []
    await loop.take(facts.experience("q-1", at=9))
    [label] = [e for e in loop.live.values() if e.aspect == "voice"]
    assert isinstance(label, LabelBuilt)
    assert label.desirable


async def test_a_changed_mind_retracts_what_was_built_on_the_old_one(loop: Loop, facts: Any):
    await loop.take(
        facts.experience("q-1", voice_response=BAD),
        facts.experience("q-2", voice_response=GOOD),
        facts.feedback("q-1", rating="down"),
        facts.feedback("q-2", rating="up"),
    )
    assert len(loop.pairs()) == 1
    await loop.take(facts.feedback("q-2", rating="down", at=20))
    assert loop.pairs() == []
    assert any(isinstance(event, ExampleRetracted) for event in loop.emitted)
    await loop.take(facts.feedback("q-2", rating="up", at=30))
    assert len(loop.pairs()) == 1


async def test_the_same_fact_twice_changes_nothing(loop: Loop, facts: Any):
    fact = facts.feedback("q-1", rating="up")
    await loop.take(facts.experience("q-1"), fact)
    before = list(loop.emitted)
    await loop.take(fact)
    assert loop.emitted == before


async def test_an_answer_that_was_called_good_and_bad_teaches_nothing_by_itself(
    loop: Loop, facts: Any
):
    await loop.take(
        facts.experience("q-1", voice_response=GOOD),
        facts.experience("q-2", voice_response=GOOD),
        facts.feedback("q-1", rating="up"),
        facts.feedback("q-2", rating="down"),
    )
    assert [e for e in loop.live.values() if e.aspect == "voice"] == []


async def test_widgets_take_their_sign_from_the_judge_of_widgets(loop: Loop, facts: Any):
    good = [{"widget_index": i, "appropriateness_score": 0.95} for i in (1, 2)]
    bad = [{"widget_index": i, "appropriateness_score": 0.05} for i in (1, 2)]
    other_plan = {"heading": "x", "widgets": [{"scenario": "peopleview"}, {"scenario": "timeline"}]}
    await loop.take(
        facts.experience("q-1"),
        facts.experience("q-2", widget_plan=other_plan),
        facts.feedback("q-1", rating="down", per_widget_feedback=good),
        facts.feedback("q-2", rating="up", per_widget_feedback=bad, missing_widgets=["kpi"]),
    )
    [pair] = loop.pairs("widget")
    assert '"kpi"' in pair.chosen
    assert "peopleview" in pair.rejected


async def test_at_most_five_pairs_per_question(loop: Loop, facts: Any):
    for number in range(9):
        await loop.take(
            facts.experience(f"good-{number}", voice_response=f"{GOOD} Number {number}."),
            facts.experience(f"bad-{number}", voice_response=f"{BAD} Number {number}."),
            facts.feedback(f"good-{number}", rating="up"),
            facts.feedback(f"bad-{number}", rating="down"),
        )
    assert len(loop.pairs()) == 5


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32), repeats=st.integers(1, 2), size=st.integers(1, 12))
async def test_any_order_and_repetition_of_the_same_facts_ends_in_the_same_examples(
    seed: int, repeats: int, size: int
):
    everything = history()
    reference = Loop()
    await reference.take(*everything)
    shuffled = everything * repeats
    random.Random(seed).shuffle(shuffled)
    other = Loop()
    for start in range(0, len(shuffled), size):
        await other.take(*shuffled[start : start + size])
    assert _content(other) == _content(reference)
    assert other.pairs()


def history() -> list[Fact]:
    """Twelve simulated answers to four questions, with everything said about them."""
    return facts_of(simulate(3, questions=4, start=datetime(2026, 1, 5, tzinfo=UTC)))


def _content(loop: Loop) -> dict[str, Any]:
    ignored = {"event_id", "occurred_at", "caused_by", "revision", "sources"}
    return {key: example.model_dump(exclude=ignored) for key, example in loop.live.items()}
