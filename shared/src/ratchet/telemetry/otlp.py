"""Sends spans in batches over OTLP/HTTP, from a separate thread.

The queue is bounded: the library drops what the collector does not accept in time, and logs it.
Everything that is not set here follows the standard variables `OTEL_…`.
"""

import os
import threading

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.environment_variables import OTEL_SERVICE_NAME
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

_CLOSING_S = 2.0


class OtlpTracerProvider(TracerProvider):
    """`endpoint` is the collector's URL without a path."""

    def __init__(self, service: str, instance: str, endpoint: str) -> None:
        resource = Resource.create(
            {
                "service.name": os.environ.get(OTEL_SERVICE_NAME) or service,
                "service.namespace": "ratchet",
                "service.instance.id": instance,
            }
        )
        super().__init__(resource=resource, shutdown_on_exit=False)
        self._exporter = OTLPSpanExporter(f"{endpoint}/v1/traces")
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
