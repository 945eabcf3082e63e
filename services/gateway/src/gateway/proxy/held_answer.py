"""An answer of the model server that is not sent on before it is judged."""

from collections.abc import Sequence
from typing import Any

from starlette.types import Message, Send

from gateway.domain.json_values import json_object

_MOST_BYTES = 8 << 20
_OF_THE_BODY = (b"content-length", b"etag", b"digest", b"content-digest")


class HeldAnswer:
    """Collects the messages of an answer; one above `_MOST_BYTES` is sent on unread."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._messages: list[Message] = []
        self._bytes = 0
        self._is_passed_on = False

    async def take(self, message: Message) -> None:
        """Takes the place of `send`."""
        if self._is_passed_on:
            await self._send(message)
            return
        self._messages.append(message)
        self._bytes += len(message.get("body", b""))
        if self._bytes > _MOST_BYTES:
            await self.send()

    @property
    def fields(self) -> dict[str, Any] | None:
        """The object in the body of a whole and successful answer, else None."""
        if self._is_passed_on or not self._is_whole:
            return None
        start = self._messages[0]
        names = {name.lower() for name, _ in start["headers"]}
        if start["status"] != 200 or b"content-encoding" in names:
            return None
        return json_object(b"".join(message.get("body", b"") for message in self._messages))

    @property
    def _is_whole(self) -> bool:
        last: Message = self._messages[-1] if self._messages else {"type": ""}
        return last["type"] == "http.response.body" and not last.get("more_body", False)

    async def send(
        self, headers: Sequence[tuple[bytes, bytes]] = (), body: bytes | None = None
    ) -> None:
        """Sends it with further `headers`, and with another `body` if there is one."""
        if self._is_passed_on:
            return
        self._is_passed_on = True
        for message in self._with(headers, body):
            await self._send(message)

    def _with(self, headers: Sequence[tuple[bytes, bytes]], body: bytes | None) -> list[Message]:
        if not self._messages:
            return []
        start, *rest = self._messages
        own = list(start["headers"])
        if body is not None:
            own = [(name, value) for name, value in own if name.lower() not in _OF_THE_BODY]
            own.append((b"content-length", b"%d" % len(body)))
            rest = [{"type": "http.response.body", "body": body}]
        return [{**start, "headers": [*own, *headers]}, *rest]
