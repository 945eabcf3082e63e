"""Log lines about a Redis that cannot be used: one for a service, not one for each reader."""

import logging

from redis import exceptions

_AGAIN_S = 60.0


def is_outage(error: BaseException | None) -> bool:
    """Whether Redis does not respond or cannot write, as with a full disk; others are answers."""
    away = (exceptions.ConnectionError, exceptions.TimeoutError)
    loading = isinstance(error, exceptions.BusyLoadingError)
    return "MISCONF" in str(error) or (isinstance(error, away) and not loading)


class OneLineOfAnOutage(logging.Filter):
    """Passes a line a minute about an outage, and one about its end.

    A record has `outage`: the error, or an empty text for the end. A record with the traceback of
    such an error, as libraries log it, tells no more than the error.
    """

    def __init__(self) -> None:
        super().__init__()
        self._passed: dict[bool, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        outage = str(error) if is_outage(error) else record.__dict__.pop("outage", None)
        if outage is None:
            return True
        away = bool(outage)
        if record.created - self._passed.get(away, 0.0) < _AGAIN_S:
            return False
        self._passed = {away: record.created}
        record.exc_info, record.args = None, None
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        record.msg = f"Redis cannot be used: {outage}" if away else "Redis can be used again"
        return True
