"""JSON log lines on stderr with the service and the current event, request and trace."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from opentelemetry.trace import format_trace_id, get_current_span
from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

_fields: ContextVar[dict[str, str] | None] = ContextVar("log_fields", default=None)


@contextmanager
def log_context(**fields: str) -> Iterator[None]:
    """Every line logged inside has the fields `fields`."""
    token = _fields.set({**(_fields.get() or {}), **fields})
    try:
        yield
    finally:
        _fields.reset(token)


def configure_logs(service: str, level: str) -> None:
    """Send every logger to stderr as JSON, one object a line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_add_fields)
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


def _add_fields(record: logging.LogRecord) -> bool:
    fields = _fields.get() or {}
    span = get_current_span().get_span_context()
    if span.is_valid:
        fields = {**fields, "trace_id": format_trace_id(span.trace_id)}
    for key, value in fields.items():
        if not hasattr(record, key):
            setattr(record, key, value)
    return True
