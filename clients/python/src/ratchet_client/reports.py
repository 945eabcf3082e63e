"""Reports what became of events: counted, logged, and dropped ones to a callback."""

import logging
from collections.abc import Iterable

from ratchet_client.dropped import DroppedEvent, DropReason, FieldProblem, OnDropped
from ratchet_client.events import EventKind
from ratchet_client.tally import Tally

_log = logging.getLogger("ratchet_client")


class Reports:
    """Without `on_dropped`, each dropped event is logged. Called by any thread."""

    def __init__(self, tally: Tally, url: str, on_dropped: OnDropped | None) -> None:
        self._tally, self._url, self._on_dropped = tally, url, on_dropped
        self._warned: set[str] = set()

    def with_tally(self, tally: Tally) -> "Reports":
        return Reports(tally, self._url, self._on_dropped)

    def accepted(self, kind: EventKind, count: int, repeated: int) -> None:
        if self._tally.accept(kind, count, repeated):
            _log.info("%s accepts %s again", self._url, kind.value)

    def warned(self, warnings: Iterable[FieldProblem]) -> None:
        """Log the warning of each field once."""
        for warning in warnings:
            if warning.field not in self._warned:
                self._warned.add(warning.field)
                _log.warning("%s: %s: %s", self._url, warning.field, warning.message)

    def failed(self, kind: EventKind, problem: str) -> None:
        """Log the first failure of several."""
        if self._tally.fail(kind, problem):
            _log.warning("%s does not accept %s, which wait: %s", self._url, kind.value, problem)

    def dropped(self, event: DroppedEvent) -> None:
        self._tally.drop(event.reason)
        if self._on_dropped is None:
            _log.warning("%s", event)
            return
        try:
            self._on_dropped(event)
        except Exception:  # noqa: BLE001 -- the caller's function may raise anything
            _log.exception("on_dropped failed for %s", event)

    def lost(self, reason: DropReason, count: int) -> None:
        self._tally.drop(reason, count)
        _log.warning("%d events dropped (%s)", count, reason.value)
