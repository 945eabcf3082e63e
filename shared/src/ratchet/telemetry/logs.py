"""JSON log lines on stderr with the service and the current event, request and trace."""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from opentelemetry.trace import format_trace_id, get_current_span
from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

from ratchet.processes import OneLineOfAnOutage
from ratchet_text import NO_SECRETS, Secrets

_UNCHANGED = set(RESERVED_ATTRS) - {"msg", "exc_text", "stack_info"}
_fields: ContextVar[dict[str, str] | None] = ContextVar("log_fields", default=None)


@contextmanager
def log_context(**fields: str) -> Iterator[None]:
    """Every line logged inside has the fields `fields`."""
    token = _fields.set({**(_fields.get() or {}), **fields})
    try:
        yield
    finally:
        _fields.reset(token)


def hide_secrets(secrets: Secrets) -> Callable[[logging.LogRecord], bool]:
    """A filter that replaces `secrets` in message, fields and traceback of each record."""

    def hide(record: logging.LogRecord) -> bool:
        try:
            record.msg = record.getMessage()
        except (TypeError, ValueError, KeyError):
            # The handler would print the arguments of a wrong format as they are.
            record.msg = f"{record.msg} {record.args}"
        record.args = None
        if record.exc_info:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
            record.exc_info = None
        for name in record.__dict__.keys() - _UNCHANGED:
            setattr(record, name, secrets.hide(getattr(record, name)))
        return True

    return hide


def configure_logs(service: str, level: str, secrets: Secrets = NO_SECRETS) -> None:
    """Send every logger to stderr as JSON, one object a line, without `secrets`.

    An exception that ends the process is logged as well.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(OneLineOfAnOutage())
    handler.addFilter(_add_fields)
    handler.addFilter(hide_secrets(secrets))
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
    for noisy in ("uvicorn.access", "httpx", "httpcore", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    sys.excepthook = lambda *error: logging.critical("the process ends", exc_info=error)


def _add_fields(record: logging.LogRecord) -> bool:
    fields = _fields.get() or {}
    span = get_current_span().get_span_context()
    if span.is_valid:
        fields = {**fields, "trace_id": format_trace_id(span.trace_id)}
    for key, value in fields.items():
        if not hasattr(record, key):
            setattr(record, key, value)
    return True
