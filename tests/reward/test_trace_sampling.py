"""Which questions a teacher is asked about: a share by hash, the well judged, and each once."""

import random
from typing import Any

import pytest
from redis.asyncio import Redis

from ratchet.contract import EXPERIENCES, FEEDBACK, TRACE_REQUESTS, TraceRequested
from ratchet.delivery import Publisher
from ratchet_testing.eventually import eventually
from ratchet_testing.running_service import started
from reward.app import create_app
from reward.domain.answers.reaction import AnswerReaction
from reward.domain.examples.trace_sampling import TraceSampling, trace_reason
from reward.domain.state.policy import RewardPolicy
from reward.offline import OfflineReplay
from reward.settings import RewardSettings

NOBODY = TraceSampling(share=0)
EVERYBODY = TraceSampling(share=1)


class Asking(OfflineReplay):
    def __init__(self, sampling: TraceSampling) -> None:
        super().__init__(RewardPolicy(traces=sampling))

    @property
    def asked(self) -> list[TraceRequested]:
        return [event for event in self.emitted if isinstance(event, TraceRequested)]


def test_the_share_is_drawn_by_hash_and_near_what_was_set():
    ids = [f"q-{number}" for number in range(4000)]
    drawn = [trace_reason(query_id, AnswerReaction(), TraceSampling()) for query_id in ids]
    assert drawn == [trace_reason(query_id, AnswerReaction(), TraceSampling()) for query_id in ids]
    assert set(drawn) == {"sampled", None}
    assert 0.13 < drawn.count("sampled") / len(ids) < 0.17


def test_a_larger_share_asks_about_everything_that_a_smaller_one_does():
    def drawn(share: float) -> set[str]:
        sampling = TraceSampling(share=share)
        ids = (f"q-{number}" for number in range(1000))
        return {query_id for query_id in ids if trace_reason(query_id, AnswerReaction(), sampling)}

    assert drawn(0) == set()
    assert drawn(0.1) < drawn(0.5) < drawn(1)
    assert len(drawn(1)) == 1000


@pytest.mark.parametrize(
    ("whole", "voice", "reason"),
    [
        (0.81, None, "judged"),
        (0.8, None, None),
        (None, 0.9, "judged"),
        (0.9, 0.1, "judged"),
        (0.1, 0.9, None),
        (None, None, None),
    ],
)
def test_the_judge_of_the_whole_answer_counts_and_the_voice_where_it_is_all_there_is(
    whole: float | None, voice: float | None, reason: str | None
):
    said = AnswerReaction(evaluation_confidence=whole, voice_evaluation_confidence=voice)
    assert trace_reason("q-1", said, NOBODY) == reason


async def test_a_request_holds_the_question_and_the_prompt_with_the_readings(facts: Any):
    loop = Asking(EVERYBODY)
    await loop.add(facts.experience("q-1"))
    [asked] = loop.asked
    assert asked.query_id == "q-1"
    assert asked.reason == "sampled"
    assert "- pump 001 power: 45 kW" in asked.prompt
    assert asked.prompt.endswith("User question: What is the power of pump 001?\nResponse:")
    assert asked.question.asked is not None
    assert asked.question.asked.value == 45


async def test_the_request_names_the_question_as_the_examples_do(facts: Any):
    loop = Asking(NOBODY)
    await loop.add(facts.experience("q-1"), facts.feedback("q-1", evaluation_confidence=0.9))
    await loop.add(facts.feedback("q-1", at=20, rating="up"))
    [asked] = loop.asked
    voices = [example for example in loop.live.values() if example.aspect == "voice"]
    assert voices
    assert {(example.question, example.prompt) for example in voices} == {
        (asked.question, asked.prompt)
    }


async def test_a_question_is_asked_about_once_whatever_is_said_later(facts: Any):
    loop = Asking(EVERYBODY)
    experience = facts.experience("q-1")
    await loop.add(experience)
    await loop.add(facts.feedback("q-1", evaluation_confidence=0.9))
    await loop.add(facts.feedback("q-1", at=20, evaluation_confidence=0.95))
    await loop.add(facts.experience("q-1", at=30, transcript="And pump 002?"))
    assert [event.reason for event in loop.asked] == ["sampled"]


async def test_a_judgement_that_comes_first_waits_for_its_question(facts: Any):
    loop = Asking(NOBODY)
    await loop.add(facts.feedback("q-1", evaluation_confidence=0.9))
    assert loop.asked == []
    await loop.add(facts.experience("q-1"))
    assert [event.reason for event in loop.asked] == ["judged"]


@pytest.mark.parametrize("transcript", ["", "  ?!  ", "x" * 3000])
async def test_nothing_is_asked_where_no_question_is_known(facts: Any, transcript: str):
    loop = Asking(EVERYBODY)
    await loop.add(facts.experience("q-1", transcript=transcript))
    assert loop.asked == []


async def test_the_same_event_is_made_whatever_caused_it(facts: Any):
    sampled, judged = Asking(EVERYBODY), Asking(NOBODY)
    await sampled.add(facts.experience("q-1"))
    await judged.add(facts.feedback("q-1", evaluation_confidence=0.9))
    await judged.add(facts.experience("q-1", at=50))
    assert [e.event_id for e in sampled.asked] == [e.event_id for e in judged.asked]


async def test_in_any_order_the_same_questions_are_asked_about_each_once(facts: Any):
    everything = [facts.experience(f"q-{n}", at=n) for n in range(30)]
    everything += [
        facts.feedback(f"q-{n}", at=50 + n, evaluation_confidence=0.9) for n in range(0, 30, 3)
    ]
    loops = []
    for seed in range(4):
        random.Random(seed).shuffle(everything)
        loops.append(loop := Asking(TraceSampling()))
        for fact in everything:
            await loop.add(fact)
    found = [sorted(event.query_id for event in loop.asked) for loop in loops]
    assert found == found[:1] * 4
    assert len(set(found[0])) == len(found[0]) >= 10


def test_the_policy_is_a_setting_with_bounds(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RATCHET_REWARD_TRACES", '{"share": 0.5, "judged_above": 0.7}')
    policy = RewardSettings().reward_policy
    assert policy.traces == TraceSampling(share=0.5, judged_above=0.7)
    monkeypatch.setenv("RATCHET_REWARD_TRACES", '{"share": 1.5}')
    with pytest.raises(ValueError, match="share"):
        RewardSettings()


async def test_the_service_writes_each_request_once(redis: Redis, valkey_url: str, facts: Any):
    settings = RewardSettings.model_validate(
        {"redis_url": valkey_url, "reward_traces": EVERYBODY, "retry_base_s": 1}
    )
    experience, again = facts.experience("q-1"), facts.feedback("q-1", evaluation_confidence=0.9)
    async with started(create_app(settings)):
        await Publisher(redis).publish([experience, again, experience])

        async def settled() -> bool:
            groups = [(await redis.xinfo_groups(s.key)) for s in (EXPERIENCES, FEEDBACK)]
            return all(group[0]["lag"] == group[0]["pending"] == 0 for group in groups)

        await eventually(settled, 20)
    [(_, fields)] = await redis.xrange(TRACE_REQUESTS.key)
    assert TRACE_REQUESTS.adapter.validate_json(fields[b"__data__"]).query_id == "q-1"
