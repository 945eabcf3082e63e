"""Logs are JSON lines that name the service and the current event."""

import json
import subprocess
import sys

CODE = """
import logging
from ratchet.telemetry.logs import configure_logs, log_context
configure_logs("reward", "info")
with log_context(stream="feedback", event_id="event-1"):
    logging.getLogger("x").warning("late", extra={"attempt": 2})
logging.getLogger("x").info("outside")
"""


def test_a_line_of_a_handler_names_event_stream_and_attempt():
    found = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    inside, outside = (json.loads(line) for line in found.stderr.splitlines())
    assert inside["service"] == "reward"
    assert inside["level"] == "WARNING"
    assert (inside["stream"], inside["event_id"], inside["attempt"]) == ("feedback", "event-1", 2)
    assert inside["time"].endswith("+00:00")
    assert "event_id" not in outside
    assert "trace_id" not in inside


def test_a_line_of_a_span_names_its_trace():
    code = CODE.replace(
        'with log_context(stream="feedback", event_id="event-1"):',
        "from opentelemetry.trace import NonRecordingSpan, SpanContext, use_span\n"
        "with use_span(NonRecordingSpan(SpanContext(7, 1, is_remote=True))):",
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    inside, outside = (json.loads(line) for line in found.stderr.splitlines())
    assert inside["trace_id"] == f"{7:032x}"
    assert "trace_id" not in outside
