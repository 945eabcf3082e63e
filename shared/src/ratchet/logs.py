"""JSON lines on stderr that carry the service and, inside a handler, the event at hand."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

_event: ContextVar[dict[str, str] | None] = ContextVar("event", default=None)


@contextmanager
def event_context(stream: str, event_id: str) -> Iterator[None]:
    """Every line logged inside names `stream` and `event_id`."""
    token = _event.set({"stream": stream, "event_id": event_id})
    try:
        yield
    finally:
        _event.reset(token)


def configure_logs(service: str, level: str) -> None:
    """Send every logger to stderr as JSON, one object a line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_add_event)
    handler.setFormatter(
        JsonFormatter(
            "%(levelname)s %(name)s %(message)s",
            rename_fields={"levelname": "level", "name": "logger"},
            static_fields={"service": service},
            timestamp="time",
            reserved_attrs=[*RESERVED_ATTRS, "color_message"],
        )
    )
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for noisy in ("uvicorn.access", "httpx", "httpcore"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _add_event(record: logging.LogRecord) -> bool:
    for key, value in (_event.get() or {}).items():
        if not hasattr(record, key):
            setattr(record, key, value)
    return True
