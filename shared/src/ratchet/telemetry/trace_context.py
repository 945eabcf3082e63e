"""Converts W3C trace contexts from and to OpenTelemetry's, and makes spans the current one."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, StatusCode, get_current_span, use_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_W3C = TraceContextTextMapPropagator()


def context_of(trace: Mapping[str, str]) -> Context:
    """The context of the headers `traceparent` and `tracestate`; empty if they are invalid."""
    return _W3C.extract(trace, Context())


def link_to(trace: Mapping[str, str]) -> Link:
    return Link(get_current_span(context_of(trace)).get_span_context())


def current_trace() -> dict[str, str]:
    """The headers of the current span; empty if there is none."""
    trace: dict[str, str] = {}
    _W3C.inject(trace)
    return trace


def activate(span: Span) -> AbstractContextManager[Span]:
    """Makes `span` the current one; an exception does not change it."""
    return use_span(span, record_exception=False, set_status_on_exception=False)


@contextmanager
def ending(span: Span) -> Iterator[Span]:
    """Makes `span` the current one and ends it; an exception marks it as failed."""
    # `use_span` alone leaves the status of a cancelled span unset:
    # https://github.com/open-telemetry/opentelemetry-python/issues/4484
    try:
        with activate(span):
            yield span
    except BaseException as error:
        span.set_status(StatusCode.ERROR, f"{type(error).__name__}: {error}")
        raise
    finally:
        span.end()
