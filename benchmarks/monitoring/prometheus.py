"""Runs a real Prometheus that scrapes an embedded system, with the shipped rules."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml

from ratchet_cli.embedded.processes import SERVICES, Embedded
from ratchet_testing.eventually import eventually
from ratchet_testing.valkey import free_port

PROGRAM = shutil.which("prometheus")
_FOR = re.compile(r"\bfor: (\d+)([sm])\b")
_SHIPPED = Path(__file__).parents[2] / "deploy" / "prometheus"


class Prometheus:
    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def ready(self) -> bool:
        try:
            return (await self._client.get("/-/ready")).status_code == 200
        except httpx.TransportError:
            return False

    async def query_api(self, path: str, **parameters: str) -> Any:
        """The data of a response. Raises `AssertionError` if Prometheus rejects the query."""
        response = await self._client.get(f"/api/v1/{path}", params=parameters)
        assert response.status_code == 200, response.text
        return response.json()["data"]

    async def query(self, expression: str, **parameters: str) -> list[Any]:
        return list((await self.query_api("query", query=expression, **parameters))["result"])

    async def firing(self) -> set[str]:
        alerts = (await self.query_api("alerts"))["alerts"]
        return {a["labels"]["alertname"] for a in alerts if a["state"] == "firing"}


@asynccontextmanager
async def scraping(
    embedded: Embedded, directory: Path, interval_s: int = 1, hurry: int = 1
) -> AsyncIterator[Prometheus]:
    """Yields after every target has been scraped once; alerts wait 1 / `hurry` of their `for`."""
    assert PROGRAM is not None
    configuration = _write(embedded, directory, f"{interval_s}s", hurry)
    address = f"127.0.0.1:{free_port()}"
    process = await asyncio.create_subprocess_exec(
        PROGRAM,
        f"--config.file={configuration}",
        f"--storage.tsdb.path={directory / 'data'}",
        f"--web.listen-address={address}",
        "--log.level=warn",
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://{address}", timeout=10) as client:
            prometheus = Prometheus(client)

            async def all_are_up() -> bool:
                up = await prometheus.ready() and await prometheus.query("up == 1")
                return bool(up) and len(up) == len(SERVICES)

            await eventually(all_are_up, 60)
            yield prometheus
    finally:
        process.terminate()
        await process.wait()


def _write(embedded: Embedded, directory: Path, interval: str, hurry: int) -> Path:
    """The shipped configuration with this system's ports and `interval` instead of 15 s."""
    directory.mkdir()
    for rules in (_SHIPPED / "rules").glob("*.yml"):
        text = _FOR.sub(lambda found: f"for: {_seconds(found) // hurry}s", rules.read_text())
        (directory / f"rules-{rules.name}").write_text(text)
    shipped = yaml.safe_load((_SHIPPED / "prometheus-embedded.yml").read_text())
    shipped["global"] = {"scrape_interval": interval, "evaluation_interval": interval}
    shipped["rule_files"] = [str(directory / "rules-*.yml")]
    for job in shipped["scrape_configs"]:
        port = embedded.port_of(job["job_name"])
        job["static_configs"] = [{"targets": [f"127.0.0.1:{port}"]}]
    path = directory / "prometheus.yml"
    path.write_text(yaml.safe_dump(shipped))
    return path


def _seconds(duration: re.Match[str]) -> int:
    return int(duration[1]) * (60 if duration[2] == "m" else 1)
