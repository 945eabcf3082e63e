"""OpenTelemetry: spans go in batches over OTLP/HTTP, from a thread of their own.

What waits to be sent is bounded; what a collector does not take in time is dropped, and the
library says so in the log. Whatever is not set here follows the standard variables `OTEL_…`.
"""

import os
import threading
from collections.abc import Sequence

from opentelemetry import trace as otel
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.environment_variables import OTEL_SERVICE_NAME
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from ratchet.telemetry.span import Facts, Trace
from ratchet.telemetry.tracer import Kind

_KINDS = {
    "server": otel.SpanKind.SERVER,
    "consumer": otel.SpanKind.CONSUMER,
    "internal": otel.SpanKind.INTERNAL,
}
_PATIENCE_S = 2.0
_W3C = TraceContextTextMapPropagator()


class OtlpSpan:
    """As `ratchet.telemetry.Span`."""

    def __init__(self, span: otel.Span) -> None:
        self._span = span
        self.trace: dict[str, str] = {}
        _W3C.inject(self.trace, otel.set_span_in_context(span, Context()))

    def rename(self, name: str) -> None:
        self._span.update_name(name)

    def tell(self, facts: Facts) -> None:
        self._span.set_attributes(facts)

    def fail(self, reason: str) -> None:
        self._span.set_status(otel.StatusCode.ERROR, reason)

    def end(self) -> None:
        self._span.end()


class OtlpTracer:
    """As `ratchet.telemetry.Tracer`; `endpoint` is the collector's, without a path."""

    def __init__(self, service: str, instance: str, endpoint: str) -> None:
        self._exporter = OTLPSpanExporter(f"{endpoint}/v1/traces")
        resource = Resource.create(
            {
                "service.name": os.environ.get(OTEL_SERVICE_NAME) or service,
                "service.namespace": "ratchet",
                "service.instance.id": instance,
            }
        )
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(self._exporter))
        self._tracer = self._provider.get_tracer("ratchet")

    def begin(
        self, name: str, kind: Kind, parent: Trace, facts: Facts, links: Sequence[Trace] = ()
    ) -> OtlpSpan:
        span = self._tracer.start_span(
            name,
            context=_W3C.extract(parent, Context()),
            kind=_KINDS[kind],
            attributes=facts,
            links=[otel.Link(_context_of(link)) for link in links],
        )
        return OtlpSpan(span)

    def close(self) -> None:
        """The library waits for 30 s where the collector is away; this does not."""
        closing = threading.Thread(target=self._provider.shutdown, daemon=True)
        closing.start()
        closing.join(_PATIENCE_S)
        if closing.is_alive():
            self._exporter.shutdown()  # type: ignore[no-untyped-call]


def _context_of(trace: Trace) -> otel.SpanContext:
    return otel.get_current_span(_W3C.extract(trace, Context())).get_span_context()
