"""Sends spans in batches over OTLP/HTTP, from a separate thread.

The queue is bounded: the library drops what the collector does not accept in time, and logs it.
Everything that is not set here follows the standard variables `OTEL_…`.
"""

import os
import threading
from collections.abc import Sequence

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.environment_variables import OTEL_SERVICE_NAME
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult
from opentelemetry.trace import Status

from ratchet_text import Secrets

_CLOSING_S = 2.0


class HidingExporter(OTLPSpanExporter):
    """Sends spans to `endpoint` without `secrets`."""

    def __init__(self, endpoint: str, secrets: Secrets) -> None:
        super().__init__(endpoint)
        self._hide = secrets.hide

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        # An ended span has no public setter; these are copies, made for the exporter.
        for span in spans:
            status = span.status
            span._status = Status(status.status_code, self._hide(status.description))
            span._attributes = self._hide(span.attributes or {})
            span._events = [
                Event(e.name, self._hide(e.attributes or {}), e.timestamp) for e in span.events
            ]
        return super().export(spans)


class OtlpTracerProvider(TracerProvider):
    """`endpoint` is the collector's URL without a path."""

    def __init__(self, service: str, instance: str, endpoint: str, secrets: Secrets) -> None:
        resource = Resource.create(
            {
                "service.name": os.environ.get(OTEL_SERVICE_NAME) or service,
                "service.namespace": "ratchet",
                "service.instance.id": instance,
            }
        )
        super().__init__(resource=resource, shutdown_on_exit=False)
        self._exporter = HidingExporter(f"{endpoint}/v1/traces", secrets)
        self.add_span_processor(BatchSpanProcessor(self._exporter))

    def shutdown(self) -> None:
        """Send the ended spans, and give up after 2 s.

        The library's shutdown waits for 30 s if the collector is unavailable.
        """
        closing = threading.Thread(target=super().shutdown, daemon=True)
        closing.start()
        closing.join(_CLOSING_S)
        if closing.is_alive():
            self._exporter.shutdown()  # type: ignore[no-untyped-call]
