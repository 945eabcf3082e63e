"""Tracing is off without a collector; an unavailable or slow collector changes nothing."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from opentelemetry.trace import NoOpTracer
from redis.asyncio import Redis

from ratchet.contract import FEEDBACK, REWARDS
from ratchet.settings import CommonSettings
from ratchet.telemetry import TracingUnavailable, create_tracing
from ratchet_testing.collector import Collector
from ratchet_testing.eventually import eventually
from ratchet_testing.running_service import started
from ratchet_testing.valkey import free_port
from reward.app import create_app as create_reward
from reward.settings import RewardSettings

from .test_one_trace import CALLER, EXPERIENCE, FEEDBACK_ON_IT, events, ingest

LOADED = """
import json, os, sys
def report():
    print(json.dumps(sorted(name for name in sys.modules if name.startswith("opentelemetry"))))
import ratchet.contract
report()
from reward.app import create_app
from reward.settings import RewardSettings
create_app(RewardSettings())
report()
os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:9"
create_app(RewardSettings())
report()
"""
SENDING = ("opentelemetry.sdk.trace", "opentelemetry.exporter")
"""redis-py and FastAPI load other parts of OpenTelemetry if it is installed."""


def test_the_sdk_is_loaded_only_with_a_collector_and_the_contract_loads_no_opentelemetry():
    result = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, check=True
    )
    contract, off, on = map(json.loads, result.stdout.splitlines())
    assert contract == []
    assert [name for name in off if name.startswith(SENDING)] == []
    assert "opentelemetry.sdk.trace" in on


async def test_without_a_collector_no_span_is_sent_and_no_event_has_a_context(
    redis: Redis, valkey_url: str, collector: Collector, tmp_path: Path
):
    settings = {"redis_url": valkey_url, "data_dir": tmp_path}
    async with ingest(**settings) as client, started(create_reward(RewardSettings(**settings))):
        await client.post("/v1/experiences", json=EXPERIENCE, headers={"traceparent": CALLER})
        await eventually(lambda: redis.exists("ratchet:reward:answered:q-1"))
        await client.post("/v1/feedback", json=FEEDBACK_ON_IT, headers={"traceparent": CALLER})
        await eventually(lambda: redis.xlen(REWARDS.key))
    assert [event.trace for event in await events(redis, FEEDBACK)] == [{}]
    assert {str(event.trace) for event in await events(redis, REWARDS)} == {"{}"}
    assert collector.spans == []
    assert isinstance(create_tracing("test", CommonSettings()).tracer, NoOpTracer)


async def test_an_unavailable_collector_changes_nothing_and_dropped_spans_are_logged(
    redis: Redis,
    valkey_url: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "5")
    monkeypatch.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "5")
    unavailable = f"http://127.0.0.1:{free_port()}"
    settings = {"redis_url": valkey_url, "data_dir": tmp_path, "otlp_endpoint": unavailable}
    async with ingest(**settings) as client, started(create_reward(RewardSettings(**settings))):
        for number in range(20):
            sent = {**EXPERIENCE, "query_id": f"q-{number}"}
            assert (await client.post("/v1/experiences", json=sent)).status_code == 202

        async def all_are_scored() -> bool:
            return len({event.query_id for event in await events(redis, REWARDS)}) == 20

        await eventually(all_are_scored)
        stopping = time.monotonic()
    assert time.monotonic() - stopping < 8, "each of the two services waits for its sending thread"
    assert "Queue full, dropping Span." in caplog.text
    assert "encountered while exporting spans batch" in caplog.text


def test_a_collector_without_the_library_names_the_package_to_install(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.delitem(sys.modules, "ratchet.telemetry.otlp", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(TracingUnavailable, match=r"pip install 'ratchet-shared\[tracing\]'"):
        create_tracing("test", CommonSettings(otlp_endpoint="http://collector:4318"))


def test_an_invalid_endpoint_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RATCHET_OTLP_ENDPOINT", "collector:4318")
    with pytest.raises(ValueError, match=r"RATCHET_OTLP_ENDPOINT\n.*'collector:4318' is no"):
        CommonSettings()
