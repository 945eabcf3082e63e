"""A call that was refused, broken off, or asked with a cut prompt does not teach."""

import json

import pytest

from gateway.domain.answers.answer import ServedAnswer
from gateway.domain.faults import fault_of, least_tokens
from gateway.domain.paths import CALLS
from gateway.domain.served_request import read_request
from ratchet.contract import ChatMessage
from ratchet_testing.replaying_upstream import RecordedCase

from .recorded_cases import case, cases
from .test_answers import answer_of

WHOLE = ServedAnswer(text="Yes.", ended=True)
TOO_LONG = case("ollama-0.33", "chat-too-long-for-num_ctx")
SENTENCE = "Readings: pump 1 at 20 C. "


def fault(one: RecordedCase) -> str | None:
    assert one.body is not None
    request = read_request(one.path, json.loads(one.body), {})
    assert request is not None
    return fault_of(one.status, answer_of(one), True, request.messages)


def test_the_faults_of_the_recorded_calls():
    found: dict[str | None, list[str]] = {}
    for one in cases():
        if one.path in CALLS and one.method == "POST" and b'"messages": [{' in (one.body or b""):
            found.setdefault(fault(one), []).append(one.name)
    assert set(found) == {None, "refused", "broken"}
    assert set(found["broken"]) == {
        *("chat-stream-runner-killed", "v1-chat-stream-runner-killed", "chat-render-only"),
    }
    assert {"chat-tools", "chat-unknown-model", "chat-too-long-truncate-false"} <= set(
        found["refused"]
    )


def test_a_prompt_that_the_server_cut_in_silence_is_noticed():
    """The server read 130 of 3,634 tokens; the recorded prompt is shortened."""
    messages = [ChatMessage(role="user", content=SENTENCE * 400)]
    answer = answer_of(TOO_LONG)
    assert answer.prompt_tokens == 130
    assert fault_of(200, answer, True, messages) == "prompt_cut"
    assert fault_of(200, answer, True, [ChatMessage(role="user", content=SENTENCE * 14)]) is None


def test_a_whole_prompt_is_never_taken_for_a_cut_one():
    """3,634 tokens are 9 for each sentence and 34 of the template: six are counted."""
    assert least_tokens([ChatMessage(role="user", content=SENTENCE * 400)]) == 2_400
    assert (
        least_tokens([ChatMessage(role="user", content="don't: 2026 Überprüfung 東京の天気")]) == 4
    )


def test_earlier_thinking_is_not_needed():
    """Templates leave it out."""
    said = ChatMessage(role="assistant", content="<think>" + "word " * 99 + "</think>Yes.")
    assert least_tokens([said]) == 1


def test_without_a_count_no_prompt_is_cut():
    messages = [ChatMessage(role="user", content=SENTENCE * 400)]
    assert fault_of(200, WHOLE, True, messages) is None


@pytest.mark.parametrize(
    ("status", "answer", "delivered", "expected"),
    [
        (200, WHOLE, True, None),
        (200, WHOLE, False, "broken"),
        (200, ServedAnswer(text="Ye"), True, "broken"),
        (404, ServedAnswer(), True, "refused"),
        (502, ServedAnswer(), False, "refused"),
    ],
)
def test_the_first_fault_counts(
    status: int, answer: ServedAnswer, delivered: bool, expected: str | None
):
    assert fault_of(status, answer, delivered, []) == expected
