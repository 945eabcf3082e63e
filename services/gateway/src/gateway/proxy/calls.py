"""The layer of calls: it checks the model that is asked for, and follows the answer."""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.capture.recorder import Recorder, Recording
from gateway.domain.json_values import json_object
from gateway.domain.model_names import names_in, refused_model
from gateway.domain.paths import CALLS, is_own, model_in, route_of
from gateway.metrics import GatewayMetrics
from gateway.proxy.passed_on import for_upstream, has_body, with_body
from ratchet.contract import CallCheck
from ratchet.delivery import new_id
from ratchet_edge.refusal import Refuse

SETTING = "RATCHET_GATEWAY_MODELS"
QUERY_HEADER = b"x-ratchet-query"


class Calls:
    """`host` is the model server's, `models` are those that may be used; empty: all."""

    def __init__(
        self,
        app: ASGIApp,
        host: str,
        models: Sequence[str],
        recorder: Recorder,
        metrics: GatewayMetrics,
        refuse: Refuse,
    ) -> None:
        self._app = app
        self._host = host.encode()
        self._models = models
        self._recorder = recorder
        self._metrics = metrics
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"] if scope["type"] == "http" else ""
        if scope["type"] != "http" or is_own(path):
            await self._app(scope, receive, send)
            return
        arrived = time.perf_counter()
        body: bytes | None = (await receive())["body"] if has_body(scope) else None
        fields = json_object(body) if body else None
        followed = _Followed(send, route_of(path), arrived, self._metrics)
        if path in CALLS:
            followed.call_id = call_id = new_id()
            if fields is not None:
                headers = dict(scope["headers"])
                followed.start = partial(
                    self._recorder.begin, call_id, path, fields, headers, arrived
                )
        if (refusal := self._refusal(path, body, fields)) is not None:
            status, error = refusal
            followed.start = None
            await self._refuse(scope, status, error)(scope, receive, followed.send)
            return
        passed_on = receive if body is None else with_body(body, receive, followed.begin)
        try:
            await self._app(for_upstream(scope, self._host, body), passed_on, followed.send)
        finally:
            followed.end(scope["state"].get("check"))

    def _refusal(
        self, path: str, body: bytes | None, fields: Mapping[str, Any] | None
    ) -> tuple[int, str] | None:
        """The status and the reason if a model is asked for that may not be used."""
        if not self._models:
            return None
        if body and fields is None:
            return 400, "the body is not a JSON object, so that the model it asks for is unknown"
        refused = refused_model([*names_in(fields or {}), *model_in(path)], self._models)
        if refused is None:
            return None
        return 403, f"the model {refused[:100]!r} may not be used here; add it to {SETTING}"


class _Followed:
    """An answer on its way to the application; `call_id` is that of a call whose answer is text.

    What is to be noted of it is done while the model server works and after each part is sent, so
    that nothing waits for it.
    """

    call_id = ""
    start: Callable[[], Recording | None] | None = None
    _recording: Recording | None = None
    _head: Message | None = None
    _delivered = False

    def __init__(self, send: Send, route: str, arrived: float, metrics: GatewayMetrics) -> None:
        self._send = send
        self._route = route
        self._arrived = arrived
        self._first_byte_s = 0.0
        self._metrics = metrics

    def begin(self) -> None:
        """The model server has the request, or answers already."""
        start, self.start = self.start, None
        if start is not None:
            self._recording = start()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._send_head(message)
        elif message.get("more_body", False):
            await self._send(message)
            self._note(message["body"])
        else:
            await self._send_end(message)

    def end(self, check: CallCheck | None) -> None:
        """Nothing more is sent: the answer is delivered, or the application has left."""
        self._note(b"")
        if self._recording is not None:
            self._recording.end(self._delivered, check)

    async def _send_head(self, message: Message) -> None:
        self.begin()
        self._first_byte_s = time.perf_counter() - self._arrived
        self._head = message
        if self.call_id:
            named = (QUERY_HEADER, self.call_id.encode())
            message = {**message, "headers": [*message["headers"], named]}
        await self._send(message)

    async def _send_end(self, message: Message) -> None:
        """The answer is complete here, and the application does not have its end yet."""
        await self._send(message)
        self._delivered = True
        self._note(message.get("body", b""))

    def _note(self, body: bytes) -> None:
        head, self._head = self._head, None
        if head is not None:
            self._metrics.calls.labels(self._route, str(head["status"])).inc()
            self._metrics.first_byte.labels(self._route).observe(self._first_byte_s)
            if self._recording is not None:
                self._recording.head(head["status"], head["headers"], self._first_byte_s)
        if self._recording is not None and body:
            self._recording.feed(body)
