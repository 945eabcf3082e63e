"""A call that a gateway passed on becomes the prompt of the answer that it made."""

import random
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from tests.reward.conftest import GOOD, NOON, PLAN, SERVED, Facts
from tests.reward.test_state import outcome

from ratchet.contract import (
    BuiltExample,
    Delivered,
    DemonstrationBuilt,
    ExampleRetracted,
    ForgetRequested,
    PairBuilt,
    derived_id,
    prompt_of,
)
from reward.domain.calls import call_place
from reward.domain.examples.pairing_rules import PairingRules
from reward.domain.state.policy import RewardPolicy
from reward.erasure import RewardErasureHandler
from reward.handlers import Input, RewardHandlers
from reward.metrics import RewardMetrics
from reward.offline import OfflineReplay

QUESTION = "What is the power of pump 001?"
UNTRUE = "Pump 001 is consuming 54 kilowatts. That is 5 kilowatts above its daily average."
WIDGETS = [{"role": "user", "content": f"Select widgets. {QUESTION}"}]


def prompts(replay: OfflineReplay, aspect: str = "voice") -> set[tuple[str, ...]]:
    """The roles and contents of the messages of each live example; empty if it has none."""
    return {
        tuple(part for one in example.messages for part in (one.role, one.content))
        for example in replay.live.values()
        if example.aspect == aspect
    }


def served(messages: list[dict[str, str]]) -> tuple[str, ...]:
    return tuple(part for one in messages for part in (one["role"], one["content"]))


async def added(*facts: Input, **policy: Any) -> OfflineReplay:
    replay = OfflineReplay(RewardPolicy(**policy))
    for fact in facts:
        await replay.add(fact)
    return replay


@pytest.mark.parametrize(
    "changes",
    [
        {"query_id": "q-1", "text": "Something else that the application rewrote."},
        {"call_id": "q-1", "text": "Something else that the application rewrote."},
        {},
        {"text": f"<think>Two values.</think>\n\n**{GOOD}**"},
        {"user_id": "maria"},
        {"user_id": "anonymous"},
        {"at": 119},
        {"at": -119},
    ],
)
async def test_an_answer_is_joined_by_an_id_or_by_its_words(facts: Facts, changes: dict[str, Any]):
    thumb = facts.feedback(rating="up")
    replay = await added(facts.experience(), facts.call(**changes), thumb)
    assert prompts(replay) == {served(SERVED)}
    assert prompts(replay, "widget") == {()}
    [label] = [e for e in replay.live.values() if e.aspect == "voice"]
    assert label.prompt == prompt_of(label.messages)
    call_id = facts.call(**changes).call_id
    assert [source.query_id for source in label.sources] == ["q-1", call_id]
    assert replay.scores["q-1"].calls == (call_id,)


@pytest.mark.parametrize(
    "changes",
    [
        {"text": "Pump 001 is consuming 46 kilowatts."},
        {"user_id": "jose"},
        {"at": 121},
        {"at": -121},
        {"fault": "broken"},
        {"fault": "prompt_cut"},
        {"tool_calls": [{"name": "read"}]},
        {"messages": [{"role": "user", "content": "x" * 20_001}]},
        {"query_id": "q-2", "text": "Another answer."},
        {"query_id": "q-1", "text": '{"intent": "query"}'},
    ],
)
async def test_any_other_call_joins_nothing(facts: Facts, changes: dict[str, Any]):
    thumb = facts.feedback(rating="up")
    replay = await added(facts.experience(), facts.call(**changes), thumb)
    assert prompts(replay) == {()}
    without = await added(facts.experience(), thumb)
    assert outcome(replay) == outcome(without), "ids and texts stay as they are"


async def test_a_plan_is_joined_to_the_completion_with_the_same_widgets(facts: Facts):
    call = facts.call(text=PLAN, messages=WIDGETS)
    replay = await added(facts.experience(), call, facts.feedback(rating="up"))
    assert prompts(replay, "widget") == {served(WIDGETS)}
    assert prompts(replay, "voice") == {()}


async def test_several_calls_of_one_question_are_parted_by_what_they_answered(facts: Facts):
    own = {"query_id": "q-1"}
    replay = await added(
        facts.call("c-intent", text='{"type": "query"}', messages=SERVED[:1], **own),
        facts.call("c-plan", text=PLAN, messages=WIDGETS, **own),
        facts.call("c-voice", **own),
        facts.experience(),
        facts.feedback(rating="up"),
    )
    assert prompts(replay) == {served(SERVED)}
    assert prompts(replay, "widget") == {served(WIDGETS)}


def joins(registry: CollectorRegistry) -> dict[str, float]:
    return {
        sample.labels["outcome"]: sample.value
        for metric in registry.collect()
        if metric.name == "ratchet_reward_calls"
        for sample in metric.samples
        if sample.name.endswith("_total")
    }


async def test_two_different_prompts_with_the_same_answer_join_nothing_and_are_counted(
    facts: Facts,
):
    registry = CollectorRegistry()
    replay = OfflineReplay(RewardPolicy())
    replay.handlers = RewardHandlers(RewardPolicy(), RewardMetrics(registry))
    other = [{"role": "user", "content": "Another prompt about pump 001."}]
    await replay.add(facts.experience())
    await replay.add(facts.call("c-1"))
    assert joins(registry) == {"joined_by_answer": 1}
    await replay.add(facts.call("c-2", at=5, messages=other))
    await replay.add(facts.feedback(rating="up"))
    assert prompts(replay) == {()}
    assert joins(registry) == {"joined_by_answer": 1, "ambiguous": 1}
    await replay.add(facts.call("c-3", at=5, query_id="q-1"))
    assert prompts(replay) == {served(SERVED)}
    assert joins(registry) == {"joined_by_answer": 1, "ambiguous": 1, "joined_by_id": 1}


async def test_the_same_prompt_asked_twice_is_not_ambiguous(facts: Facts):
    replay = await added(
        facts.experience(), facts.call("c-1"), facts.call("c-2", at=3), facts.feedback(rating="up")
    )
    assert prompts(replay) == {served(SERVED)}


async def test_a_call_that_comes_last_replaces_the_example_with_the_made_up_prompt(facts: Facts):
    replay = await added(facts.experience(), facts.feedback(rating="up"))
    [before] = [e for e in replay.live.values() if e.aspect == "voice"]
    start = len(replay.emitted)
    await replay.add(facts.call())
    retracted = [e for e in replay.emitted[start:] if isinstance(e, ExampleRetracted)]
    built = [e for e in replay.emitted[start:] if isinstance(e, BuiltExample)]
    assert [e.example_id for e in retracted] == [before.example_id]
    assert [e.messages for e in built if e.aspect == "voice"] == [facts.call().messages]
    assert len({event.event_id for event in replay.emitted}) == len(replay.emitted)


async def test_a_captured_and_a_made_up_prompt_never_meet_in_one_pair(facts: Facts):
    good = facts.experience("q-1")
    bad = facts.experience("q-2", user_id="jose", voice_response=UNTRUE)
    ratings = (facts.feedback("q-1", rating="up"), facts.feedback("q-2", rating="down"))
    captured = facts.call("c-1", user_id="maria")
    both = await added(good, bad, *ratings)
    assert any(isinstance(e, PairBuilt) and e.aspect == "voice" for e in both.live.values())
    one = await added(good, bad, *ratings, captured)
    assert not any(isinstance(e, PairBuilt) and e.aspect == "voice" for e in one.live.values())
    again = await added(good, bad, *ratings, captured, facts.call("c-2", text=UNTRUE))
    pairs = [e for e in again.live.values() if isinstance(e, PairBuilt) and e.aspect == "voice"]
    assert pairs
    assert {pair.messages for pair in pairs} == {captured.messages}


async def test_the_readings_of_a_joined_answer_are_those_of_its_prompt(facts: Facts):
    """The rows of the experience list 45 kW, and the model was shown 54 kW."""
    changed = [
        {**one, "content": one["content"].replace("power: 45 kW", "power: 54 kW")} for one in SERVED
    ]
    right = "Pump 001 is consuming 54 kilowatts."
    facts_of_both = [
        facts.experience("q-1", voice_response=right, parsed_intent={"type": "query"}),
        facts.experience("q-2", user_id="jose", parsed_intent={"type": "query"}),
    ]
    calls = [
        facts.call("c-1", text=right, messages=changed),
        facts.call("c-2", messages=changed),
    ]
    replay = await added(*facts_of_both, *calls)
    [pair] = [e for e in replay.live.values() if isinstance(e, PairBuilt)]
    assert (pair.rule, pair.chosen, pair.rejected) == ("one_true", right, GOOD)
    assert pair.question.asked is not None
    assert pair.question.asked.value == 54.0


async def test_a_demonstration_asks_the_corrected_request_in_the_served_messages(facts: Facts):
    wrong = facts.experience("q-0", transcript="What is the power of pump 002?")
    said = "No, I meant pump 001"
    later = {"timestamp": NOON + timedelta(seconds=20), "transcript": said}
    messages = [SERVED[0], {"role": "user", "content": said}]
    call = facts.call(at=20, messages=messages)
    replay = await added(wrong, facts.experience(**later), call, facts.feedback(at=30, rating="up"))
    shown = [e for e in replay.live.values() if isinstance(e, DemonstrationBuilt)]
    assert {one.messages[1].content for one in shown if one.messages} == {
        "What is the power of pump 001?"
    }
    assert all(one.prompt == prompt_of(one.messages) for one in shown if one.messages)


async def test_calls_of_a_place_are_bounded_and_too_many_join_nothing(
    facts: Facts, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(call_place, "MAX_IN_PLACE", 3)
    calls = [facts.call(f"c-{n}", at=n) for n in range(4)]
    first = await added(facts.experience(), *calls, facts.feedback(rating="up"))
    last = await added(*calls[::-1], facts.experience(), facts.feedback(rating="up"))
    assert prompts(first) == prompts(last) == {()}


def history(facts: Facts) -> list[Input]:
    """Answers joined by id and by words, an ambiguous one, one without a call, and thumbs."""
    other = [{"role": "user", "content": "Tell the power of pump 001."}]
    rated = [facts.feedback(f"q-{n}", rating="up" if n % 2 else "down") for n in range(1, 7)]
    return [
        facts.experience("q-1"),
        facts.call("c-1", user_id="maria"),
        facts.experience("q-2", voice_response=UNTRUE, user_id="jose"),
        facts.call("c-2", query_id="q-2", text=UNTRUE),
        facts.call("c-2b", text=UNTRUE, messages=other),
        facts.experience("q-3", voice_response="It is 45 kilowatts.", user_id="ana"),
        facts.call("c-3", text="It is 45 kilowatts."),
        facts.call("c-3b", text="It is 45 kilowatts.", messages=other, at=60),
        facts.experience("q-4", voice_response="It is 40 kilowatts.", user_id="li"),
        facts.experience("q-5", user_id="kim", timestamp=NOON + timedelta(seconds=239)),
        facts.call("c-5", at=119 + 60, user_id="kim"),
        facts.experience("q-6", voice_response=UNTRUE + " Ever.", user_id="bo"),
        facts.call("c-6", text=PLAN, messages=WIDGETS, query_id="q-6"),
        *rated,
    ]


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), repeats=st.integers(1, 2), size=st.integers(1, 9))
async def test_any_order_and_repetition_has_the_same_examples(seed: int, repeats: int, size: int):
    policy = RewardPolicy(pairing=PairingRules())
    everything = history(Facts())
    reference = OfflineReplay(policy)
    await reference.add(*everything)
    shuffled = everything * repeats
    random.Random(seed).shuffle(shuffled)
    other = OfflineReplay(policy)
    for start in range(0, len(shuffled), size):
        await other.add(*shuffled[start : start + size])
    assert outcome(other) == outcome(reference)
    assert sources(other) == sources(reference)
    assert {bool(e.messages) for e in reference.live.values()} == {True, False}
    ids = [event.event_id for event in other.emitted]
    assert repeats > 1 or len(ids) == len(set(ids)), "no event hides another"


def sources(replay: OfflineReplay) -> dict[str, list[str]]:
    return {name: [one.query_id for one in each.sources] for name, each in replay.live.items()}


async def erased(replay: OfflineReplay, *query_ids: str) -> None:
    """Erase what `replay` has of these questions."""
    policy = RewardPolicy()
    handlers = RewardHandlers(policy, RewardMetrics(CollectorRegistry()))
    request = ForgetRequested(
        event_id=derived_id("forget", *query_ids),
        occurred_at=NOON,
        requested_by="dpo",
        query_ids=query_ids,
    )
    handler = RewardErasureHandler(policy, handlers)
    replay.emitted.extend(
        replay.state.apply(await handler.handle([Delivered.of(request)], replay.state))
    )


@pytest.mark.parametrize("call", [{}, {"query_id": "q-1"}, {"call_id": "q-1"}])
async def test_an_erased_question_takes_its_call_along(facts: Facts, call: dict[str, Any]):
    other = [{"role": "user", "content": "Is pump 002 running?"}]
    kept: list[Input] = [
        facts.experience("q-2", voice_response="Yes.", user_id="jose"),
        facts.call("c-2", text="Yes.", messages=other),
        facts.feedback("q-2", rating="up"),
    ]
    replay = await added(facts.experience(), facts.call(**call), facts.feedback(rating="up"), *kept)
    assert served(SERVED) in prompts(replay)
    await erased(replay, "q-1")
    assert not any(b"Command Center" in value for value in replay.state.values.values())
    assert not any("c-1" in key for key in replay.state.values)
    alone = await added(*kept)
    assert replay.live.keys() == alone.live.keys()


async def test_an_erased_call_is_no_prompt_of_an_answer_that_stays(facts: Facts):
    """The call names the user whose data is erased, and the answer names nobody."""
    replay = await added(
        facts.experience(user_id=""), facts.call(user_id="maria"), facts.feedback(rating="up")
    )
    assert prompts(replay) == {served(SERVED)}
    await erased(replay, "c-1")
    assert prompts(replay) == {()}
    assert not any(b"Command Center" in value for value in replay.state.values.values())
    without = await added(facts.experience(user_id=""), facts.feedback(rating="up"))
    assert replay.live.keys() == without.live.keys()
