"""Answers are read from their bytes, however these are divided."""

import json
import zlib
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.answers.answer import ServedAnswer
from gateway.domain.answers.framing import MOST_BYTES, AnswerTooLarge
from gateway.domain.answers.reader import AnswerReader, UnknownEncoding
from gateway.domain.paths import CALLS, interface_of
from ratchet_testing.replaying_upstream import RecordedCase

from .recorded_cases import case, cases

OF_CALLS = [one for one in cases() if one.path in CALLS and one.method == "POST"]
DEGREES = "Compressor 011 temperature 98.9 °C is 98.9 degrees. The"
PISTON = (
    " a type of pump that uses a piston to create a pressure differential. The piston is connected "
    "to a valve and the piston"
)
HOT = "The temperature of compressor 011 is 98.9 °C."
TYPE = " a type of mechanical pump that"
NDJSON, SSE = "application/x-ndjson", "text/event-stream"


def read(path: str, content_type: str, *parts: bytes, encoding: str = "") -> ServedAnswer:
    reader = AnswerReader(interface_of(path), content_type, encoding)
    for part in parts:
        reader.feed(part)
    return reader.answer()


def answer_of(one: RecordedCase) -> ServedAnswer:
    return read(one.path, one.headers["Content-Type"], *one.chunks)


def events(*chunks: Any, end: str = "data: [DONE]\n\n") -> bytes:
    return ("".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + end).encode()


@pytest.mark.parametrize(
    ("server", "name", "text", "finish_reason", "tokens"),
    [
        ("ollama-0.33", "chat-stream", DEGREES, "length", (58, 24)),
        ("ollama-0.33", "chat-whole", DEGREES, "length", (58, 24)),
        ("ollama-0.33", "generate-raw", PISTON, "length", (3, 24)),
        ("ollama-0.33", "v1-chat-stream-usage", "Compressor 01", "length", (58, 6)),
        ("ollama-0.33", "chat-tools-able", HOT, "stop", (214, 18)),
        ("ollama-0.33", "v1-completions", "The pump is a classic example", "length", (33, 6)),
        ("llama-server", "v1-chat-n2", "The temperature of a", "length", (60, 4)),
        ("llama-server", "v1-completions-stream", TYPE, "length", (3, 6)),
    ],
)
def test_the_text_and_the_figures_of_a_recorded_answer(
    server: str, name: str, text: str, finish_reason: str, tokens: tuple[int, int]
):
    answer = answer_of(case(server, name))
    assert (answer.text, answer.finish_reason) == (text, finish_reason)
    assert (answer.prompt_tokens, answer.completion_tokens) == tokens
    assert (answer.ended, answer.thinking, answer.tool_calls) == (True, "", ())


@pytest.mark.parametrize("name", ["chat-stream-runner-killed", "v1-chat-stream-runner-killed"])
def test_a_stream_whose_runner_was_killed_has_no_end(name: str):
    answer = answer_of(case("ollama-0.33", name))
    assert answer.text != ""
    assert not answer.ended


def test_every_other_recorded_stream_has_its_end():
    streams = [one for one in OF_CALLS if len(one.chunks) > 1 and "killed" not in one.name]
    assert len(streams) > 10
    assert [one.id for one in streams if not answer_of(one).ended] == []


def test_a_stream_that_lacks_its_last_part_has_no_end():
    for one in (one for one in OF_CALLS if len(one.chunks) > 1):
        assert not read(one.path, one.headers["Content-Type"], *one.chunks[:-1]).ended, one.id


@given(st.sampled_from(OF_CALLS), st.lists(st.integers(0, 10_000), max_size=8), st.booleans())
def test_any_division_of_the_bytes_gives_the_same_answer(
    one: RecordedCase, cuts: list[int], packed: bool
):
    whole = zlib.compress(one.answer) if packed else one.answer
    places = sorted({0, len(whole), *(cut % (len(whole) + 1) for cut in cuts)})
    parts = [whole[a:b] for a, b in pairwise(places)]
    kind, encoding = one.headers["Content-Type"], "deflate" if packed else ""
    assert read(one.path, kind, *parts, encoding=encoding) == answer_of(one)


def test_single_bytes_give_the_same_answer():
    for name in ("chat-stream", "v1-chat-stream"):
        one = case("ollama-0.33", name)
        single = [bytes([byte]) for byte in one.answer]
        assert read(one.path, one.headers["Content-Type"], *single) == answer_of(one)


@pytest.mark.parametrize(
    ("text", "thinking", "rest"),
    [
        ("<think>\nIs it hot?\n</think>\n\nYes.", "Is it hot?", "Yes."),
        ("Is it hot?</think>Yes.", "Is it hot?", "Yes."),
        ("<think>Is it", "Is it", ""),
        ("Use <think> in a sentence.", "", "Use <think> in a sentence."),
        ("Yes.", "", "Yes."),
    ],
)
def test_thinking_in_tags_is_apart(text: str, thinking: str, rest: str):
    line = {"message": {"content": text}, "done": True, "done_reason": "stop"}
    answer = read("/api/chat", "application/json", json.dumps(line).encode())
    assert (answer.thinking, answer.text) == (thinking, rest)


def test_thinking_in_fields_is_apart():
    ollama = [
        {"message": {"thinking": "Is it "}, "done": False},
        {"message": {"thinking": "hot?"}, "done": False},
        {"message": {"content": "Yes."}, "done": True},
    ]
    lines = b"".join(json.dumps(line).encode() + b"\n" for line in ollama)
    openai = events(
        {"choices": [{"delta": {"reasoning_content": "Is it "}}]},
        {"choices": [{"delta": {"reasoning": "hot?"}}]},
        {"choices": [{"delta": {"content": "Yes."}, "finish_reason": "stop"}]},
    )
    for answer in (
        read("/api/chat", NDJSON, lines),
        read("/v1/chat/completions", SSE, openai),
    ):
        assert (answer.thinking, answer.text, answer.ended) == ("Is it hot?", "Yes.", True)


def test_tool_calls_are_put_together():
    def part(number: int, **function: str) -> dict[str, Any]:
        return {"choices": [{"delta": {"tool_calls": [{"index": number, "function": function}]}}]}

    first = {
        "index": 0,
        "id": "c1",
        "type": "function",
        "function": {"name": "read", "arguments": ""},
    }
    stream = events(
        {"choices": [{"delta": {"tool_calls": [first]}}]},
        part(0, arguments='{"device": '),
        part(1, name="stop", arguments="{}"),
        part(0, arguments='"pump 1"}'),
        {"choices": [{"delta": {}, "finish_reason": "tool_calls"}]},
    )
    answer = read("/v1/chat/completions", SSE, stream)
    assert [call["function"] for call in answer.tool_calls] == [
        {"name": "read", "arguments": '{"device": "pump 1"}'},
        {"name": "stop", "arguments": "{}"},
    ]
    assert (answer.tool_calls[0]["id"], answer.text, answer.ended) == ("c1", "", True)
    call = {"function": {"name": "read", "arguments": {"device": "pump 1"}}}
    line = {"message": {"content": "", "tool_calls": [call]}, "done": True}
    assert read("/api/chat", NDJSON, json.dumps(line).encode()).tool_calls == (call,)


def test_a_stream_with_an_error_has_no_end():
    ended = {"choices": [{"delta": {"content": "x"}, "finish_reason": "stop"}]}
    stream = events(ended, {"error": {"message": "out of memory"}})
    assert not read("/v1/chat/completions", SSE, stream).ended


def test_an_answer_of_any_shape_is_read():
    for content in (
        b"",
        b"null",
        b"[]",
        b'{"choices": 3}',
        b'{"choices": [3]}',
        b"\xff",
        b"[" * 9_999,
    ):
        for path in CALLS:
            for kind in ("application/json", NDJSON, SSE, ""):
                assert read(path, kind, content) == ServedAnswer()


def test_a_part_that_is_too_large_or_encoded_otherwise_is_refused():
    for kind in ("application/json", NDJSON, SSE):
        with pytest.raises(AnswerTooLarge):
            read("/api/chat", kind, b"x" * (MOST_BYTES + 1))
    with pytest.raises(AnswerTooLarge):
        read("/api/chat", NDJSON, zlib.compress(b"x" * (MOST_BYTES + 1)), encoding="deflate")
    with pytest.raises(UnknownEncoding):
        read("/api/chat", NDJSON, b"", encoding="br")
