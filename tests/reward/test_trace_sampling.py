"""Trace sampling: a share by hash, the well judged, each question once."""

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

SAMPLE_NONE = TraceSampling(share=0)
SAMPLE_ALL = TraceSampling(share=1)


class TraceLoop(OfflineReplay):
    def __init__(self, sampling: TraceSampling) -> None:
        super().__init__(RewardPolicy(traces=sampling))

    @property
    def requests(self) -> list[TraceRequested]:
        return [event for event in self.emitted if isinstance(event, TraceRequested)]


def test_the_sampled_share_is_near_the_setting():
    ids = [f"q-{number}" for number in range(4000)]
    drawn = [trace_reason(query_id, AnswerReaction(), TraceSampling()) for query_id in ids]
    assert drawn == [trace_reason(query_id, AnswerReaction(), TraceSampling()) for query_id in ids]
    assert set(drawn) == {"sampled", None}
    assert 0.13 < drawn.count("sampled") / len(ids) < 0.17


def test_a_larger_share_includes_every_question_of_a_smaller_one():
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
def test_the_score_of_the_whole_answer_takes_precedence_over_that_of_the_voice(
    whole: float | None, voice: float | None, reason: str | None
):
    reaction = AnswerReaction(evaluation_confidence=whole, voice_evaluation_confidence=voice)
    assert trace_reason("q-1", reaction, SAMPLE_NONE) == reason


async def test_a_trace_request_has_the_question_and_the_prompt_with_the_readings(facts: Any):
    loop = TraceLoop(SAMPLE_ALL)
    await loop.add(facts.experience("q-1"))
    [request] = loop.requests
    assert request.query_id == "q-1"
    assert request.reason == "sampled"
    assert "- pump 001 power: 45 kW" in request.prompt
    assert request.prompt.endswith("User question: What is the power of pump 001?\nResponse:")
    assert request.question.asked is not None
    assert request.question.asked.value == 45


async def test_a_trace_request_has_the_question_of_the_examples(facts: Any):
    loop = TraceLoop(SAMPLE_NONE)
    await loop.add(facts.experience("q-1"), facts.feedback("q-1", evaluation_confidence=0.9))
    await loop.add(facts.feedback("q-1", at=20, rating="up"))
    [request] = loop.requests
    voices = [example for example in loop.live.values() if example.aspect == "voice"]
    assert voices
    assert {(example.question, example.prompt) for example in voices} == {
        (request.question, request.prompt)
    }


async def test_later_feedback_requests_no_second_trace(facts: Any):
    loop = TraceLoop(SAMPLE_ALL)
    experience = facts.experience("q-1")
    await loop.add(experience)
    await loop.add(facts.feedback("q-1", evaluation_confidence=0.9))
    await loop.add(facts.feedback("q-1", at=20, evaluation_confidence=0.95))
    await loop.add(facts.experience("q-1", at=30, transcript="And pump 002?"))
    assert [event.reason for event in loop.requests] == ["sampled"]


async def test_a_judgement_that_arrives_first_waits_for_its_question(facts: Any):
    loop = TraceLoop(SAMPLE_NONE)
    await loop.add(facts.feedback("q-1", evaluation_confidence=0.9))
    assert loop.requests == []
    await loop.add(facts.experience("q-1"))
    assert [event.reason for event in loop.requests] == ["judged"]


@pytest.mark.parametrize("transcript", ["", "  ?!  ", "x" * 3000])
async def test_an_answer_without_a_question_requests_no_trace(facts: Any, transcript: str):
    loop = TraceLoop(SAMPLE_ALL)
    await loop.add(facts.experience("q-1", transcript=transcript))
    assert loop.requests == []


async def test_a_trace_request_is_the_same_event_whatever_its_cause(facts: Any):
    sampled, judged = TraceLoop(SAMPLE_ALL), TraceLoop(SAMPLE_NONE)
    await sampled.add(facts.experience("q-1"))
    await judged.add(facts.feedback("q-1", evaluation_confidence=0.9))
    await judged.add(facts.experience("q-1", at=50))
    assert [e.event_id for e in sampled.requests] == [e.event_id for e in judged.requests]


async def test_any_order_requests_the_same_traces_once_each(facts: Any):
    everything = [facts.experience(f"q-{n}", at=n) for n in range(30)]
    everything += [
        facts.feedback(f"q-{n}", at=50 + n, evaluation_confidence=0.9) for n in range(0, 30, 3)
    ]
    loops = []
    for seed in range(4):
        random.Random(seed).shuffle(everything)
        loops.append(loop := TraceLoop(TraceSampling()))
        for fact in everything:
            await loop.add(fact)
    query_ids = [sorted(event.query_id for event in loop.requests) for loop in loops]
    assert query_ids == query_ids[:1] * 4
    assert len(set(query_ids[0])) == len(query_ids[0]) >= 10


def test_the_sampling_policy_is_a_setting_with_bounds(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RATCHET_REWARD_TRACES", '{"share": 0.5, "judged_above": 0.7}')
    policy = RewardSettings().reward_policy
    assert policy.traces == TraceSampling(share=0.5, judged_above=0.7)
    monkeypatch.setenv("RATCHET_REWARD_TRACES", '{"share": 1.5}')
    with pytest.raises(ValueError, match="share"):
        RewardSettings()


async def test_the_service_writes_each_request_once(redis: Redis, valkey_url: str, facts: Any):
    settings = RewardSettings.model_validate(
        {"redis_url": valkey_url, "reward_traces": SAMPLE_ALL, "retry_base_s": 1}
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
