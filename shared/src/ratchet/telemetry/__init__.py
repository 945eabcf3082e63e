"""Logs, traces and storage metrics."""

# fmt: off
# isort: off
from ratchet.telemetry.logs import configure_logs, event_context, log_context
from ratchet.telemetry.span import Facts, Span, Trace, at_hand, carrying, span_at_hand
from ratchet.telemetry.storage_metrics import StorageCollector
from ratchet.telemetry.tracer import (
    Kind, Tracer, TracingUnavailable, Untraced, create_tracer, spanning,
)
