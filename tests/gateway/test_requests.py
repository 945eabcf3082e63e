"""What an application asked: messages, options, and who asked."""

import json
from typing import Any

import pytest

from gateway.domain.model_names import names_in, refused_model
from gateway.domain.paths import is_passed_on
from gateway.domain.served_request import ServedRequest, read_request
from ratchet.contract import ChatMessage

CHAT, COMPLETIONS = "/v1/chat/completions", "/v1/completions"


def request(path: str, headers: dict[bytes, bytes] | None = None, **body: Any) -> ServedRequest:
    found = read_request(path, body, headers or {})
    assert found is not None
    return found


def test_messages_are_recorded_as_sent():
    parts = [
        {"type": "text", "text": "How hot "},
        {"type": "image_url", "image_url": {"url": "data:…"}},
        {"type": "text", "text": "is it?"},
    ]
    messages = [
        {"role": "system", "content": "Answer in one sentence."},
        {"role": "user", "content": parts},
        {"role": "assistant", "content": None, "tool_calls": [{"function": {"name": "read"}}]},
        {"role": "tool", "content": "98.9"},
    ]
    for path in ("/api/chat", CHAT):
        assert request(path, model="m", messages=messages).messages == (
            ChatMessage(role="system", content="Answer in one sentence."),
            ChatMessage(role="user", content="How hot is it?"),
            ChatMessage(role="assistant"),
            ChatMessage(role="tool", content="98.9"),
        )


def test_a_prompt_without_a_chat_is_one_message_of_the_user():
    user = ChatMessage(role="user", content="The pump is")
    system = ChatMessage(role="system", content="Be short.")
    for path in ("/api/generate", COMPLETIONS):
        assert request(path, prompt="The pump is").messages == (user,)
        assert request(path, prompt="The pump is", system="Be short.").messages == (system, user)
    assert request(COMPLETIONS, prompt=["The pump is"]).messages == (user,)


@pytest.mark.parametrize(
    "body", [{}, {"prompt": ""}, {"prompt": [1, 2]}, {"prompt": ["a", "b"]}, {"messages": []}]
)
def test_a_request_without_one_prompt_is_not_recorded(body: dict[str, Any]):
    for path in ("/api/chat", "/api/generate", CHAT, COMPLETIONS):
        assert read_request(path, {"model": "m", **body}, {}) is None


def test_options_are_what_is_sent_besides_messages_and_identity():
    asked = request(
        "/api/chat",
        model="m",
        messages=[{"role": "user", "content": "Hi"}],
        stream=False,
        format="json",
        options={"temperature": 0},
        metadata={"query_id": "q-1"},
    )
    assert asked.options == {"format": "json", "temperature": 0}


def test_who_asked_is_in_headers_or_in_the_body():
    message = [{"role": "user", "content": "Hi"}]
    named = {"query_id": "q-1", "user_id": "u-1", "session_id": 7}
    asked = request(CHAT, messages=message, metadata=named, user="other")
    assert (asked.query_id, asked.user_id, asked.session_id) == ("q-1", "u-1", "7")
    headers = {
        b"x-ratchet-query": b"01A22E27E8D1739FB6D66BD3B2F48625",
        b"x-ratchet-user": b"u-2",
        b"x-ratchet-session": b"s-2",
    }
    asked = request(CHAT, headers, messages=message, metadata=named)
    assert (asked.query_id, asked.user_id, asked.session_id) == (
        *("01a22e27-e8d1-739f-b6d6-6bd3b2f48625", "u-2", "s-2"),
    )
    assert request(CHAT, messages=message, user="u-3").user_id == "u-3"


@pytest.mark.parametrize("value", [None, "", "x" * 300, 1.5, ["a"], "a\u200bb"])
def test_an_id_that_is_none_is_left_out(value: Any):
    named = {"query_id": value, "user_id": value, "session_id": value}
    asked = request(CHAT, messages=[{"role": "user", "content": "Hi"}], metadata=named, user=value)
    assert (asked.query_id, asked.user_id, asked.session_id) == (None, "", "")


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("m", True),
        ("M:latest", True),
        ("registry.ollama.ai/library/m:latest", True),
        ("m:v1", False),
        ("other", False),
    ],
)
def test_a_model_is_known_by_every_spelling_of_its_name(name: str, allowed: bool):
    assert refused_model([name], ["m:latest"]) == (None if allowed else name)
    assert refused_model([name], []) is None


def test_every_field_that_may_name_a_model_counts():
    """Ollama's reader accepts `Model`, and takes the last."""
    body = json.loads('{"model": "m", "Model": "secret", "name": "old"}')
    assert names_in(body) == ["m", "secret", "old"]


def test_paths_are_passed_on_by_configuration():
    assert is_passed_on("/api/chat", ())
    assert is_passed_on("/v1/models/m", ())
    for path in ("/api/delete", "/api/pull", "/health", "/v1/responses", "/api/chat/"):
        assert not is_passed_on(path, ())
        assert is_passed_on(path, (path,))
        assert is_passed_on(path, ("*",))
    assert is_passed_on("/api/blobs/sha256:0", ("/api/blobs/*",))
    assert not is_passed_on("/v1/models/../../api/delete", ("/v1/*",))
