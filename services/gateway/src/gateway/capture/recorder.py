"""Records one call beside its way to the application, which it never delays or changes."""

import logging
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Any

from gateway.domain.answers.answer import ServedAnswer
from gateway.domain.answers.framing import AnswerTooLarge
from gateway.domain.answers.reader import AnswerReader, UnknownEncoding
from gateway.domain.checks.judged_text import check_of
from gateway.domain.model_version import ServedModel
from gateway.domain.recorded_call import CallTimes, call_served
from gateway.domain.redaction import Redaction
from gateway.domain.sampling import is_captured
from gateway.domain.served_request import ServedRequest, read_request
from gateway.domain.spool_lines import LossReason
from gateway.metrics import GatewayMetrics
from gateway.spool.spool import CallSpool
from ratchet.contract import CallCheck, CallServed, utc_now
from ratchet.delivery import data_of

_log = logging.getLogger(__name__)
_MOST_RECORD_BYTES = 4 << 20
_READ_AT_ONCE = 32
"""Parts of an answer: a third of the work of reading each when it comes, and no long pause."""


@dataclass(frozen=True)
class Recorder:
    """`model_of` gives the model behind a name; `share` of the calls are recorded.

    With `names_queries` the call's id is its query id, under which feedback comes. An answer of one
    of the paths `checked` that was not checked on its way, such as a stream, is checked at its end.
    """

    spool: CallSpool
    redaction: Redaction
    model_of: Callable[[str], ServedModel]
    share: float
    names_queries: bool
    metrics: GatewayMetrics
    checked: Collection[str] = ()

    def begin(
        self,
        call_id: str,
        path: str,
        body: Mapping[str, Any],
        headers: Mapping[bytes, bytes],
        arrived: float,
    ) -> "Recording | None":
        """None for a call that is not recorded. It arrived at `arrived` of the process's clock."""
        guard = _Guard(call_id)
        with guard:
            request = read_request(path, body, headers)
            if request is None or not is_captured(call_id, self.share):
                return None
            if not self.spool.begin(call_id):
                return None
            return Recording(self, call_id, path, request, arrived)
        self.spool.miss(guard.lost or "error")
        return None


class Recording:
    """One call. Every method returns; what goes wrong is counted as a lost record."""

    def __init__(
        self, recorder: Recorder, call_id: str, path: str, request: ServedRequest, arrived: float
    ) -> None:
        self._recorder = recorder
        self._call_id = call_id
        self._path = path
        self._request = request
        self._arrived_at = utc_now() - timedelta(seconds=time.perf_counter() - arrived)
        self._arrived = arrived
        self._model = recorder.model_of(request.model)
        self._reader: AnswerReader | None = None
        self._status = 0
        self._first_s = 0.0
        self._unread: list[bytes] = []
        self._guard = _Guard(call_id)

    def head(self, status: int, headers: list[tuple[bytes, bytes]], first_s: float) -> None:
        """The beginning of the answer, which came `first_s` after the request."""
        self._status = status
        self._first_s = first_s
        with self._guard:
            sent = {name.lower(): value.decode("latin-1") for name, value in headers}
            encoding = sent.get(b"content-encoding", "").strip().lower()
            self._reader = AnswerReader(
                self._request.interface, sent.get(b"content-type", ""), encoding
            )

    def feed(self, data: bytes) -> None:
        """A part of the answer, which the application has."""
        if self._reader is None or self._guard.lost is not None:
            return
        self._unread.append(data)
        if len(self._unread) == _READ_AT_ONCE:
            with self._guard:
                self._read()

    def end(self, delivered: bool, check: CallCheck | None = None) -> None:
        """The application has the answer, which may be checked, or left before its end."""
        spool = self._recorder.spool
        with self._guard:
            if self._guard.lost is None:
                record = data_of(self._event(delivered, check))
                if len(record) > _MOST_RECORD_BYTES:
                    raise AnswerTooLarge
                spool.record(self._call_id, record)
                self._recorder.metrics.captured.inc()
        if self._guard.lost is not None:
            spool.lose(self._call_id, self._guard.lost)

    def _read(self) -> None:
        if self._reader is not None:
            self._reader.feed(b"".join(self._unread))
        self._unread.clear()

    def _event(self, delivered: bool, check: CallCheck | None) -> CallServed:
        recorder = self._recorder
        self._read()
        reader = self._reader
        answer = reader.answer() if reader is not None else ServedAnswer()
        first_s = self._first_s if reader is not None and reader.is_stream else None
        same = recorder.model_of(self._request.model) == self._model
        return call_served(
            self._call_id,
            self._request,
            answer,
            self._status,
            delivered,
            # An alias that moved meanwhile may have meant either model.
            self._model if same else ServedModel(),
            CallTimes(self._arrived_at, first_s, time.perf_counter() - self._arrived),
            recorder.redaction,
            recorder.names_queries,
            check or self._check_of(answer.text),
        )

    def _check_of(self, text: str) -> CallCheck | None:
        if self._path not in self._recorder.checked:
            return None
        try:
            check = check_of(text, self._request.messages)
        except Exception:  # noqa: BLE001 -- the record is worth more than its check
            _log.exception("the call %s is recorded without a check", self._call_id)
            return None
        self._recorder.metrics.checks.labels(self._path, check.outcome).inc()
        return check


class _Guard:
    """Keeps every error from the answer; `lost` is then why the call has no record."""

    def __init__(self, call_id: str) -> None:
        self._call_id = call_id
        self.lost: LossReason | None = None

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        if isinstance(error, AnswerTooLarge):
            self.lost = "too_large"
        elif isinstance(error, UnknownEncoding):
            self.lost = "encoding"
        else:
            self.lost = "error"
            _log.error("the call %s is not recorded", self._call_id, exc_info=error)
        return True
