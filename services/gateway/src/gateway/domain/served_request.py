"""What an application asked: messages, options, and who asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.domain.json_values import object_in, objects_in, text_in
from gateway.domain.paths import Interface, interface_of
from ratchet.contract import ChatMessage
from ratchet_text import identifier

_NO_OPTIONS = frozenset(
    "model messages prompt system images context metadata user stream stream_options "
    "keep_alive options".split()
)
_LONGEST = {"query": 128, "user": 256, "session": 128}


@dataclass(frozen=True)
class ServedRequest:
    """A call with at least one message; `query_id` is the application's own name for it."""

    interface: Interface
    model: str
    messages: tuple[ChatMessage, ...]
    options: Mapping[str, Any]
    user_id: str = ""
    session_id: str = ""
    query_id: str | None = None


def read_request(
    path: str, body: Mapping[str, Any], headers: Mapping[bytes, bytes]
) -> ServedRequest | None:
    """The call that `body` asks for at one of the paths `CALLS`.

    None if it has no message, such as a request that only loads a model.
    """
    messages = _messages(path, body)
    if not messages:
        return None
    return ServedRequest(
        interface_of(path),
        text_in(body, "model"),
        messages,
        {
            **{name: value for name, value in body.items() if name not in _NO_OPTIONS},
            **object_in(body, "options"),
        },
        _identity("user", body, headers) or _identifier(body.get("user"), _LONGEST["user"]),
        _identity("session", body, headers),
        _identity("query", body, headers) or None,
    )


def _messages(path: str, body: Mapping[str, Any]) -> tuple[ChatMessage, ...]:
    if "chat" in path:
        return tuple(
            ChatMessage(role=text_in(one, "role"), content=text_in(one, "content"))
            for one in objects_in(body, "messages")
        )
    prompt = body.get("prompt")
    if isinstance(prompt, list) and len(prompt) == 1:
        prompt = prompt[0]
    if not (isinstance(prompt, str) and prompt):
        return ()
    system = text_in(body, "system")
    asked = ChatMessage(role="user", content=prompt)
    return (ChatMessage(role="system", content=system), asked) if system else (asked,)


def _identity(what: str, body: Mapping[str, Any], headers: Mapping[bytes, bytes]) -> str:
    """From the header `x-ratchet-<what>`, else from `metadata`; empty if there is no valid one."""
    sent = headers.get(f"x-ratchet-{what}".encode(), b"").decode("utf-8", "replace")
    named = object_in(body, "metadata").get(f"{what}_id")
    return _identifier(sent or named, _LONGEST[what])


def _identifier(value: Any, longest: int) -> str:
    try:
        found = identifier(value)
    except ValueError:
        return ""
    return found if len(found) <= longest else ""
