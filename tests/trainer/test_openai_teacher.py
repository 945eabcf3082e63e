"""A teacher over HTTP: answers are captured once, and errors are classified."""

from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from ratchet.contract import Done, Invalid, Later, Outcome, TraceCaptured, TraceRequested
from ratchet_testing.deliveries import delivered
from ratchet_testing.valkey import free_port
from reward.memory_state import MemoryState
from trainer.backends.openai_teacher import OpenAITeacher
from trainer.metrics import TeacherMetrics
from trainer.teacher import TeacherHandlers

from .teacher_server import ANSWER, KEY, PROMPT, StandIn, completion, request

THINKING = "The operator asks for one reading, which the prompt gives as 45 kW for pump 001."


async def asked(
    teacher: StandIn, *requests: TraceRequested, key: str = KEY, timeout_s: float = 10
) -> list[Outcome]:
    backend = OpenAITeacher(teacher.url, "large", key, timeout_s)
    handlers = TeacherHandlers(backend, TeacherMetrics(CollectorRegistry()))
    return list(await handlers.handle(delivered(requests or (request(),)), MemoryState()))


def captured(outcome: Outcome) -> TraceCaptured:
    assert isinstance(outcome, Done), outcome
    [event] = outcome.emits
    assert isinstance(event, TraceCaptured)
    return event


async def test_a_trace_has_the_answer_and_its_token_counts(teacher: StandIn):
    [outcome] = await asked(teacher)
    event = captured(outcome)
    assert (event.query_id, event.prompt, event.answer) == ("q-1", PROMPT, ANSWER)
    assert event.question == request().question
    assert event.caused_by == request().event_id
    assert (event.teacher, event.stop_reason) == ("large", "stop")
    assert (event.input_tokens, event.output_tokens) == (140, 88)
    assert event.seconds > 0


async def test_the_teacher_gets_the_prompt_of_the_model_in_service(teacher: StandIn):
    await asked(teacher)
    [(path, headers, body)] = teacher.calls
    assert path == "/v1/chat/completions"
    assert headers["authorization"] == f"Bearer {KEY}"
    assert body == {"model": "large", "messages": [{"role": "user", "content": PROMPT}]}


async def test_without_a_key_no_key_is_sent(teacher: StandIn):
    await asked(teacher, key="")
    [(_, headers, _)] = teacher.calls
    assert "authorization" not in headers


@pytest.mark.parametrize("ending", ["/", "/chat/completions", "/chat/completions/"])
async def test_the_address_may_include_the_path(teacher: StandIn, ending: str):
    await OpenAITeacher(teacher.url + ending, "large", "", 10).answer(PROMPT)
    assert [path for path, _, _ in teacher.calls] == ["/v1/chat/completions"]


@pytest.mark.parametrize(
    ("message", "thinking", "answer"),
    [
        ({"content": ANSWER}, "", ANSWER),
        ({"content": ANSWER, "reasoning_content": THINKING}, THINKING, ANSWER),
        ({"content": ANSWER, "reasoning": THINKING}, THINKING, ANSWER),
        ({"content": f"<think>\n{THINKING}\n</think>\n\n{ANSWER}"}, THINKING, ANSWER),
        ({"content": f"\n <think>{THINKING}</think>{ANSWER}"}, THINKING, ANSWER),
        ({"content": f"{THINKING}\n</think>\n{ANSWER}"}, THINKING, ANSWER),
        ({"content": [{"type": "text", "text": ANSWER}]}, "", ANSWER),
        ({"content": f"{ANSWER}<think>{THINKING}</think>"}, THINKING, ANSWER),
        ({"content": f"<THINKING>{THINKING}</THINKING>{ANSWER}"}, THINKING, ANSWER),
        ({"content": f"I <think, so it is: {ANSWER}"}, "", f"I <think, so it is: {ANSWER}"),
    ],
)
async def test_thinking_is_separated_from_the_answer_in_every_format(
    teacher: StandIn, message: dict[str, Any], thinking: str, answer: str
):
    teacher.body = completion(message)
    event = captured((await asked(teacher))[0])
    assert event.thinking == thinking
    assert event.answer == answer


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 529])
async def test_a_busy_or_broken_teacher_is_retried_later(teacher: StandIn, status: int):
    teacher.status, teacher.body = status, {"error": "no time"}
    [outcome] = await asked(teacher)
    assert isinstance(outcome, Later)
    assert str(status) in outcome.reason
    assert "no time" in outcome.reason


async def test_an_unreachable_teacher_is_retried_later(teacher: StandIn):
    teacher.port = free_port()
    [outcome] = await asked(teacher)
    assert isinstance(outcome, Later)
    assert "is not reachable" in outcome.reason


async def test_a_silent_teacher_times_out(teacher: StandIn):
    teacher.silent = True
    [outcome] = await asked(teacher, timeout_s=0.2)
    assert isinstance(outcome, Later)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
async def test_a_refused_request_is_not_retried(teacher: StandIn, status: int):
    teacher.status, teacher.body = status, {"error": f"the key {KEY} is not known"}
    [outcome] = await asked(teacher)
    assert isinstance(outcome, Invalid)
    assert str(status) in outcome.reason
    assert KEY not in outcome.reason


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html>", "no chat completion"),
        ({"choices": []}, "choices"),
        ({"object": "list"}, "choices"),
        (completion({"content": "Yes."}), "4 characters"),
        (completion({"content": None}), "0 characters"),
        (completion({"content": f"<think>{THINKING}"}), "0 characters"),
        (completion({"content": ANSWER}, "length"), "cut off"),
        (completion({"content": ANSWER}, "max_tokens"), "cut off"),
        (completion({"content": f"{ANSWER}<|im_end|>"}), "control token <|im_end|>"),
        (completion({"content": "." * 40}), "no words"),
        (b"x" * (4 * 1024 * 1024 + 1), "more than"),
    ],
)
async def test_an_unusable_answer_is_no_trace(teacher: StandIn, body: Any, said: str):
    teacher.body = body
    [outcome] = await asked(teacher)
    assert isinstance(outcome, Invalid)
    assert said in outcome.reason


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_the_key_does_not_follow_a_redirect(teacher: StandIn, status: int):
    teacher.status = status
    teacher.headers = {"location": f"{teacher.url}/elsewhere"}
    [outcome] = await asked(teacher)
    assert isinstance(outcome, Invalid)
    assert "RATCHET_TRAINER_TEACHER_URL" in outcome.reason
    assert len(teacher.calls) == 1


async def test_a_retry_makes_the_same_event(teacher: StandIn):
    first, again = captured((await asked(teacher))[0]), captured((await asked(teacher))[0])
    assert (first.event_id, first.trace_id) == (again.event_id, again.trace_id)
    other = captured((await asked(teacher, request(2)))[0])
    assert other.event_id != first.event_id


async def test_each_request_of_a_batch_has_its_own_outcome(teacher: StandIn):
    outcomes = await asked(teacher, request(1), request(2), request(3))
    assert [captured(outcome).query_id for outcome in outcomes] == ["q-1", "q-2", "q-3"]


async def test_the_metrics_count_the_outcomes(teacher: StandIn):
    registry = CollectorRegistry()
    handlers = TeacherHandlers(OpenAITeacher(teacher.url, "m", "", 10), TeacherMetrics(registry))
    await handlers.handle(delivered([request()]), MemoryState())
    for teacher.status, teacher.body in ((503, {}), (400, {}), (200, completion({"content": "."}))):
        await handlers.handle(delivered([request()]), MemoryState())
    counted = {
        outcome: registry.get_sample_value("ratchet_teacher_answers_total", {"outcome": outcome})
        for outcome in ("captured", "later", "refused", "unusable")
    }
    assert counted == dict.fromkeys(counted, 1)
