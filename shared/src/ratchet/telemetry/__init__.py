"""Logs, traces and storage metrics."""

# fmt: off
# isort: off
from ratchet.telemetry.logs import configure_logs, hide_secrets, log_context
from ratchet.telemetry.storage_metrics import StorageCollector
from ratchet.telemetry.trace_context import (
    activate, context_of, current_trace, ending, link_to,
)
from ratchet.telemetry.tracing import Tracing, TracingUnavailable, create_tracing
