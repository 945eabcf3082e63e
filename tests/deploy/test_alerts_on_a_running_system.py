"""A real Prometheus scrapes the embedded system: queries have results, failures raise alerts."""

import os
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from monitoring.prometheus import PROGRAM, Prometheus, scraping
from redis.asyncio import Redis

from ratchet.contract import COMMANDS, FEEDBACK, TrainingRequested, derived_id, utc_now
from ratchet_cli.embedded.processes import SERVICES, Embedded
from ratchet_cli.embedded.supervisor import Supervised, Supervisor
from ratchet_cli.embedded.up import up
from ratchet_testing.eventually import eventually
from ratchet_testing.valkey import free_port

from .queries import DASHBOARDS, GPU_METRICS, metrics_of, queries, recorded, rules
from .small_disk import Disk, separate_disk

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(
        PROGRAM is None, reason="Prometheus is not installed: `apt-get install prometheus`"
    ),
]
OWN = {"ALERTS"}
SUFFIXES = ("_bucket", "_sum", "_count")
HURRY = 6
"""Alerts wait a sixth of what they state, which `promtool test rules` checks exactly."""
SOON_S = 15.0
"""On top of the alert's own time: a scrape, an evaluation and a busy machine."""
QUESTION = {"query_id": "q", "timestamp": "2026-01-05T06:00:00Z", "transcript": "Any alarms?"}


@asynccontextmanager
async def observed(
    directory: Path,
) -> AsyncIterator[tuple[Embedded, Supervisor, Prometheus, Disk | None]]:
    """The artifact store has a separate disk, if mounting is permitted."""
    lines: list[str] = []
    # Without Ollama and without a trial, which takes a core for half a minute.
    settings = {"RATCHET_EXPORTER_OLLAMA_URL": "", "RATCHET_TRAINER_TRIAL_WAIT_S": "0"}
    embedded = Embedded(directory / "data", free_port(7), settings)
    with separate_disk(embedded.data_dir / "artifacts") as disk:
        async with (
            up(embedded, lambda name, line: lines.append(f"{name}: {line}")) as supervisor,
            scraping(embedded, directory / "prometheus", hurry=HURRY) as prometheus,
        ):
            yield embedded, supervisor, prometheus, disk


async def fires(prometheus: Prometheus, alert: str, stated_s: float) -> None:
    """Wait until `alert` fires. Raises `TimeoutError` soon after `stated_s`."""

    async def firing() -> bool:
        return alert in await prometheus.firing()

    await eventually(firing, stated_s + SOON_S, pause_s=0.25)


async def kill(process: Supervised) -> None:
    """Kills the process; the supervisor does not restart it."""
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    await process.stop()


async def held_for(redis: Redis, seconds: int) -> None:
    """Creates an entry that a dead consumer of the trainer has held for `seconds`."""
    now_s, _ = await redis.time()
    request = TrainingRequested(
        event_id=derived_id("stuck"), occurred_at=utc_now(), requested_by="anna"
    )
    message = {"__data__": request.model_dump_json()}
    await redis.xadd(COMMANDS.key, message, id=f"{(now_s - seconds) * 1000}-0")
    await redis.xreadgroup("trainer", "gone", {COMMANDS.key: ">"})


async def scraped_series(prometheus: Prometheus) -> set[str]:
    """The names of all series in the last scrapes, also of those without a sample."""
    families = await prometheus.query_api("targets/metadata")
    return {
        f"{family['metric']}{suffix}"
        for family in families
        for suffix in (SUFFIXES if family["type"] == "histogram" else ("",))
    }


async def scraped(embedded: Embedded, service: str) -> str:
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"http://127.0.0.1:{embedded.port_of(service)}/metrics")
    return answer.text


def check_metrics(exposition: str) -> None:
    """Names, units and help texts follow Prometheus's conventions."""
    command = ["promtool", "check", "metrics"]
    report = subprocess.run(command, input=exposition, capture_output=True, text=True, check=False)
    assert report.returncode == 0, report.stdout + report.stderr


async def test_each_failure_raises_its_alert(tmp_path: Path):
    async with observed(tmp_path) as (embedded, supervisor, prometheus, disk):
        async with httpx.AsyncClient(base_url=embedded.url) as client:
            assert (await client.post("/v1/experiences", json=QUESTION)).status_code == 202

        for service in SERVICES:
            check_metrics(await scraped(embedded, service))
        queried = [*rules(), *(q for path in DASHBOARDS.iterdir() for q in queries(path.stem))]
        required = set().union(*map(metrics_of, queried)) - OWN - GPU_METRICS - recorded()
        assert required
        assert required <= await scraped_series(prometheus)
        for query in queried:
            await prometheus.query(query)
        assert await prometheus.firing() == set()

        async with Redis.from_url(embedded.redis_url) as redis:
            await redis.xadd(FEEDBACK.key, {"__data__": "no JSON"})
        await fires(prometheus, "PoisonedStream", 5)
        poisoned = await prometheus.query('ALERTS{alertname="PoisonedStream"}')
        assert {alert["metric"]["stream"] for alert in poisoned} == {"feedback"}

        if disk is not None:
            disk.fill()
        await kill(supervisor.processes["trainer"])
        async with Redis.from_url(embedded.redis_url) as redis:
            await held_for(redis, 700)
        await fires(prometheus, "TrainerDown", 60 / HURRY)
        await fires(prometheus, "ConsumerStuck", SOON_S)
        stuck = await prometheus.query('ALERTS{alertname="ConsumerStuck"}')
        assert {(a["metric"]["stream"], a["metric"]["group"]) for a in stuck} == {
            ("commands", "trainer")
        }

        if disk is not None:
            await fires(prometheus, "ArtifactStoreFull", SOON_S)
            full = await prometheus.query('ALERTS{alertname="ArtifactStoreFull"}')
            assert {alert["metric"]["job"] for alert in full} == {"exporter"}

        await kill(supervisor.processes["valkey"])
        await fires(prometheus, "RedisAway", 30 / HURRY)
        assert "ServiceDown" not in await prometheus.firing()
    if disk is None:
        pytest.skip("the full disk was not tested: only root may mount one")
