"""The layer that checks a whole answer before it is sent to the application."""

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import quote

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.domain.checks.judged_answer import JudgedAnswer, judged_answer
from gateway.domain.checks.modes import CheckMode
from gateway.domain.checks.whole_answers import is_checked_whole, once_more
from gateway.domain.json_values import json_object
from gateway.domain.served_request import read_request
from gateway.metrics import GatewayMetrics
from gateway.proxy.held_answer import HeldAnswer
from gateway.proxy.passed_on import with_body
from ratchet.contract import CallCheck
from ratchet.measures import situation_of_chat
from ratchet_truth import JudgedSituation

_log = logging.getLogger(__name__)
T = TypeVar("T")
_OUTCOME, _FAULTS = b"x-ratchet-check", b"x-ratchet-check-faults"
_LONGEST_HEADER = 1_000
_PLAIN = " !\"#$&'()*+,-./:;<=>?@[\\]^_`{|}~"


class AnswerChecks:
    """`modes` are those of the paths whose answers are checked.

    `unknown` is sent in the place of an untrue answer where the readings give no sentence. The
    check is left in the scope's state, as `check`.
    """

    def __init__(
        self, app: ASGIApp, modes: Mapping[str, CheckMode], unknown: str, metrics: GatewayMetrics
    ) -> None:
        self._app = app
        self._modes = modes
        self._unknown = unknown
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        mode = self._modes.get(scope["path"]) if scope["type"] == "http" else None
        if mode is None or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        body = (await receive())["body"]
        request = json_object(body)
        if request is None or not is_checked_whole(scope["path"], request):
            await self._app(scope, with_body(body, receive), send)
            return
        answer = HeldAnswer(send)
        await self._app(scope, with_body(body, receive), answer.take)
        found = _judged(scope, answer, _or(None, lambda: _situation(scope, request)))
        if mode == "report" or found.outcome != "untrue":
            check = CallCheck(outcome=found.outcome, faults=found.faults)
            await self._send(scope, answer, check)
            return
        again = once_more(scope["path"], request)
        await self._hold(scope, receive, send, answer, found, again)

    async def _hold(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        answer: HeldAnswer,
        found: JudgedAnswer,
        request: Mapping[str, Any],
    ) -> None:
        """Asks once more, and else answers with the readings."""
        body = _json(request)
        second = HeldAnswer(send)
        await self._app(_of_length(scope, len(body)), with_body(body, receive), second.take)
        again = _judged(scope, second, found.situation)
        faults, held = (*found.faults, *again.faults), (*found.untrue_texts, *again.untrue_texts)
        if again.texts and again.outcome != "untrue":
            self._metrics.held_answers.labels(scope["path"], "answer").inc()
            check = CallCheck(outcome=again.outcome, faults=faults, held=held)
            await self._send(scope, second, check)
            return
        self._metrics.held_answers.labels(scope["path"], "readings").inc()
        corrected = _or(found, lambda: found.corrected(self._unknown))
        check = CallCheck(outcome=corrected.outcome, faults=faults, held=held)
        await self._send(scope, answer, check, _json(corrected.fields))

    async def _send(
        self, scope: Scope, answer: HeldAnswer, check: CallCheck, body: bytes | None = None
    ) -> None:
        self._metrics.checks.labels(scope["path"], check.outcome).inc()
        scope["state"]["check"] = check
        headers = [(_OUTCOME, check.outcome.encode())]
        if check.faults:
            headers.append((_FAULTS, _header_value("; ".join(check.faults))))
        await answer.send(headers, body)


def _or(default: T, judge: Callable[[], T]) -> T:
    """What `judge` returns: an error of the check must not become one of the answer."""
    try:
        return judge()
    except Exception:  # noqa: BLE001 -- an answer is worth more than its check
        _log.exception("an answer is not checked")
        return default


def _situation(scope: Scope, request: Mapping[str, Any]) -> JudgedSituation | None:
    asked = read_request(scope["path"], request, {})
    return situation_of_chat(asked.messages) if asked is not None else None


def _judged(scope: Scope, answer: HeldAnswer, situation: JudgedSituation | None) -> JudgedAnswer:
    path, fields = scope["path"], answer.fields or {}
    return _or(JudgedAnswer(path, {}, None), lambda: judged_answer(path, fields, situation))


def _json(fields: Mapping[str, Any]) -> bytes:
    """In ASCII: a text may have halves of UTF-16 pairs, which JSON can state and UTF-8 cannot."""
    return json.dumps(fields, separators=(",", ":")).encode()


def _header_value(text: str) -> bytes:
    """Printable ASCII, all else percent-encoded."""
    return quote(text, safe=_PLAIN, errors="replace")[:_LONGEST_HEADER].encode()


def _of_length(scope: Scope, length: int) -> Scope:
    headers = [(name, value) for name, value in scope["headers"] if name != b"content-length"]
    return {**scope, "headers": [*headers, (b"content-length", b"%d" % length)]}
