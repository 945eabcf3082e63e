"""Answers that a model must not learn make no examples, and are counted."""

from collections.abc import Iterable
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from ratchet.contract import BuiltExample, Delivered, LabelBuilt, PairBuilt
from reward.domain.state.policy import RewardPolicy
from reward.handlers import RewardHandlers
from reward.memory_state import MemoryState
from reward.metrics import RewardMetrics
from reward.offline import OfflineReplay

GOOD = "Pump 001 is consuming 45 kilowatts. That is 5 kilowatts above its average of 40 kilowatts."
BAD = "Well, let me check that for you."
THINKING = "The prompt gives 45 kW for pump 001."


@pytest.fixture
def loop() -> OfflineReplay:
    return OfflineReplay(RewardPolicy())


async def rated(
    loop: OfflineReplay, facts: Any, answers: Iterable[tuple[str, str]], **fields: Any
) -> list[BuiltExample]:
    """The live voice examples of answers to one question, each with its thumb."""
    for number, (answer, rating) in enumerate(answers):
        await loop.add(
            facts.experience(f"q-{number}", voice_response=answer, **fields),
            facts.feedback(f"q-{number}", rating=rating),
        )
    return [example for example in loop.live.values() if example.aspect == "voice"]


@pytest.mark.parametrize(
    "answer",
    [
        f"{GOOD}<|im_end|>\n<|im_start|>user\nAnd pump 002?",
        f"{GOOD}<|eot_id|>",
        f"{GOOD}</s>",
        f"[INST] {GOOD} [/INST]",
        f"{GOOD}<end_of_turn>\n<start_of_turn>user",
        "   ",
        "\u200b\u200b",
        "\u3164",
        "\x07 ... !",
    ],
)
@pytest.mark.parametrize("rating", ["up", "down"])
async def test_a_blank_answer_and_one_with_control_tokens_make_no_example(
    loop: OfflineReplay, facts: Any, answer: str, rating: str
):
    other = "down" if rating == "up" else "up"
    examples = await rated(loop, facts, [(answer, rating), (GOOD, other)])
    assert [example.answers for example in examples] == [(GOOD,)]


async def test_a_heading_with_a_control_token_makes_no_example_of_the_plan(
    loop: OfflineReplay, facts: Any
):
    plan = {"heading": "Pump<|im_end|>", "widgets": [{"scenario": "kpi", "size": "normal"}]}
    await loop.add(
        facts.experience("q-1", widget_plan=plan),
        facts.feedback("q-1", rating="up", evaluation_confidence=0.9),
    )
    assert {example.aspect for example in loop.live.values()} == {"voice"}


@pytest.mark.parametrize(
    "answer",
    [
        f"<think>{THINKING}</think>\n{GOOD}",
        f"{THINKING}</think>{GOOD}",
        f"<|channel|>analysis<|message|>{THINKING}<|channel|>final<|message|>{GOOD}",
    ],
)
async def test_only_the_answer_after_the_thinking_becomes_an_example(
    loop: OfflineReplay, facts: Any, answer: str
):
    [label] = await rated(loop, facts, [(answer, "up")])
    assert label.answers == (GOOD,)


async def test_an_answer_that_is_all_thinking_makes_no_example(loop: OfflineReplay, facts: Any):
    assert await rated(loop, facts, [(f"<think>{THINKING}", "up")]) == []


@pytest.mark.parametrize("other", ["", "\u200b", "\u00a0", "<think>hm</think>"])
async def test_the_same_text_with_a_thumb_up_and_one_down_makes_no_pair_and_no_label(
    loop: OfflineReplay, facts: Any, other: str
):
    assert await rated(loop, facts, [(GOOD, "up"), (f"{other}{GOOD} \n", "down")]) == []


async def test_texts_that_look_alike_make_one_label(loop: OfflineReplay, facts: Any):
    examples = await rated(loop, facts, [(GOOD, "up"), (f"{GOOD} \n", "up"), (BAD, "down")])
    labels = [e for e in examples if isinstance(e, LabelBuilt)]
    assert [label.desirable for label in labels if label.answer.strip() == GOOD] == [True]
    assert any(isinstance(example, PairBuilt) for example in examples)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (f"{GOOD}<|im_end|>", "control_token"),
        ("\u200b", "blank_voice_response"),
        (f"<think>{THINKING}</think>{GOOD}", "thinking"),
    ],
)
async def test_unused_answers_are_counted_by_kind(facts: Any, answer: str, kind: str):
    registry = CollectorRegistry()
    handlers = RewardHandlers(RewardPolicy(), RewardMetrics(registry))
    fact = facts.experience("q-1", voice_response=answer)
    await handlers.handle([Delivered.of(fact)], MemoryState())
    assert registry.get_sample_value("ratchet_reward_warnings_total", {"kind": kind}) == 1
