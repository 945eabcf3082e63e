"""Records events in the calling thread and lets another thread send them."""

import atexit
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Literal
from uuid import uuid4
from weakref import WeakSet

import httpx
from pydantic import BaseModel

from ratchet_client.channel import Channel
from ratchet_client.courier import Courier
from ratchet_client.dropped import DroppedEvent, DropReason, FieldProblem, OnDropped
from ratchet_client.events import EventKind, fields_of, new_event
from ratchet_client.http_calls import connection, post_batch
from ratchet_client.reports import Reports
from ratchet_client.spooling.spools import Spools, open_folder
from ratchet_client.tally import EventCounts, Tally


class EventRecorder:
    """What the synchronous and the asynchronous face have in common.

    After a fork the child's copy begins anew, and the parent's events stay with the parent.
    """

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        spool: Path | str | None = "",
        spool_bytes: int = 64 << 20,
        on_dropped: OnDropped | None = None,
        exit_timeout_s: float = 2.0,
        linger_s: float = 0.2,
    ) -> None:
        """`spool` is the directory of waiting events; with None they wait in memory.

        By default it is below the user's state directory. `spool_bytes` limits the events of each
        kind. `on_dropped` receives each event that is not sent any more, in any thread; without it
        they are logged. `exit_timeout_s` limits the wait at exit, `linger_s` the wait for events
        that are sent together.
        """
        self._url, self._key = url, key
        self._spool, self._spool_bytes = spool, spool_bytes
        self._linger_s = linger_s
        self._tally = Tally()
        self._reports = Reports(self._tally, url, on_dropped)
        self._closed = False
        self._starting = Lock()
        self._courier: Courier | None = None
        self._open()
        if self.counts.waiting:
            self._start()
        _RECORDERS.add(self)
        atexit.register(self._close, exit_timeout_s)

    def record(
        self, experience: Mapping[str, object] | BaseModel | None = None, /, **fields: object
    ) -> str:
        """Record one answered question; returns its query id, made here if it has none.

        Neither waits for the network nor raises. The fields are those of `POST /v1/experiences`.
        """
        return self._record(EventKind.EXPERIENCES, experience, fields)

    def feedback(
        self, query_id: str, rating: Literal["up", "down"] | None = None, /, **fields: object
    ) -> None:
        """Record feedback on an answer, which may be recorded later. Returns as `record` does.

        The fields are those of `POST /v1/feedback`.
        """
        self._record(EventKind.FEEDBACK, {"query_id": query_id, "rating": rating}, fields)

    def correct(self, query_id: str, text: str, /) -> None:
        """Record what the operator meant. Returns as `record` does; needs the scope `teach`."""
        correction = {"query_id": query_id, "correction_text": text}
        self._record(EventKind.CORRECTIONS, correction, {})

    @property
    def counts(self) -> EventCounts:
        return self._tally.counts(sum(channel.waiting for channel in self._channels.values()))

    def _record(
        self,
        kind: EventKind,
        item: Mapping[str, object] | BaseModel | None,
        more: Mapping[str, object],
    ) -> str:
        self._tally.record()
        fields: dict[str, object] = {}
        try:
            fields = fields_of(item, **more)
            query_id, event = new_event(kind, fields, datetime.now(UTC))
        except Exception as error:  # noqa: BLE001 -- a caller's object may raise anything
            problem = FieldProblem("", f"{type(error).__name__}: {error}")
            self._reports.dropped(DroppedEvent(kind, DropReason.NOT_JSON, fields, (problem,)))
            return str(fields.get("query_id") or uuid4())
        if self._courier is None:
            self._start()
        if self._closed:
            self._reports.dropped(DroppedEvent(kind, DropReason.CLOSED, fields))
        elif not self._channels[kind].keep(event.line):
            self._reports.dropped(DroppedEvent(kind, DropReason.FULL, fields))
        elif self._courier is not None:
            self._courier.wake()
        return query_id

    def _open(self) -> None:
        folder = open_folder(self._spool, self._url)
        self._spools: Spools | None = Spools(
            folder,
            self._spool_bytes,
            lambda count: self._reports.lost(DropReason.UNREADABLE, count),
        )
        self._http = http = httpx.Client(**connection(self._url, self._key))
        self._channels = {
            kind: Channel(
                kind, self._spools.of(kind), lambda *call: post_batch(http, *call), self._reports
            )
            for kind in EventKind
        }
        self._tally.leave(self.counts.waiting)

    def _start(self) -> None:
        with self._starting:
            if self._closed or self._courier is not None:
                return
            if self._spools is None:
                self._open()
            self._courier = Courier(self._channels, self._linger_s)

    def _connected(self) -> httpx.Client:
        if self._courier is None:
            self._start()
        return self._http

    def _flush(self, timeout_s: float) -> bool:
        return self._courier is None or self._courier.flush(timeout_s)

    def _close(self, timeout_s: float) -> None:
        atexit.unregister(self._close)
        if self._closed or self._spools is None:
            return
        self._flush(timeout_s)
        self._closed = True
        if self._courier is not None:
            self._courier.stop(timeout_s)
        if lost := self._spools.close():
            self._reports.lost(DropReason.CLOSED, lost)
        self._http.close()

    def _begin_in_child(self) -> None:
        """The thread does not exist here, and locks may be held by threads that do not.

        The files of a closed recorder are closed, and their numbers may be those of others.
        """
        if self._spools is not None and not self._closed:
            self._spools.leave_to_parent()
        self._spools = self._courier = None
        self._starting = Lock()
        self._tally = Tally()
        self._reports = self._reports.with_tally(self._tally)


_RECORDERS: WeakSet[EventRecorder] = WeakSet()


def _begin_in_child() -> None:
    for recorder in list(_RECORDERS):
        recorder._begin_in_child()


os.register_at_fork(after_in_child=_begin_in_child)
