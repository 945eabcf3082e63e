"""`ratchet status`: what is really running, asked of the processes and of Redis."""

import asyncio
import json
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from redis.asyncio import Redis
from redis.exceptions import RedisError
from rich.console import Console
from rich.table import Table

from ratchet.embedded.processes import SERVICES, Embedded
from ratchet.embedded.up import read_state
from ratchet.streams import STREAMS


def status(
    data_dir: Annotated[Path, typer.Option(help="Where `ratchet up` runs.")] = Path("var/ratchet"),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show services, streams and the trainer's decision; exit 1 when something is not running."""
    ports = read_state(data_dir)
    if ports is None:
        typer.echo(f"nothing runs in {data_dir}: start it with `ratchet up --data-dir {data_dir}`")
        raise typer.Exit(1)
    found = asyncio.run(_ask(Embedded(data_dir, ports["ingest"], {})))
    if as_json:
        typer.echo(json.dumps(found, indent=2, default=str))
    else:
        _show(found)
    if not all(service["ready"] for service in found["services"].values()):
        raise typer.Exit(1)


async def _ask(embedded: Embedded) -> dict[str, Any]:
    async with httpx.AsyncClient(timeout=3.0) as client:
        services = {
            name: await _ask_service(client, embedded.port_of(name)) for name in SERVICES[::-1]
        }
    return {"services": services, "streams": await _ask_redis(embedded.redis_url)}


async def _ask_service(client: httpx.AsyncClient, port: int) -> dict[str, Any]:
    address = f"http://127.0.0.1:{port}"
    try:
        ready = (await client.get(f"{address}/readyz")).json()
        alive = (await client.get(f"{address}/livez")).json()
        facts = (await client.get(f"{address}/status")).json()
    except httpx.HTTPError as error:
        return {"port": port, "ready": False, "problem": f"does not answer: {error}"}
    problem = ready.get("problem") or alive.get("problem")
    return {"port": port, "ready": ready["ready"], "problem": problem, **facts}


async def _ask_redis(url: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    async with Redis.from_url(url) as redis:
        for stream in STREAMS:
            try:
                exists = await redis.exists(stream.key)
                groups = await redis.xinfo_groups(stream.key) if exists else []
                rows.append(
                    {
                        "stream": stream.name,
                        "entries": await redis.xlen(stream.key),
                        "dead": await redis.xlen(stream.dead_key),
                        "groups": {
                            group["name"].decode(): {
                                "lag": group["lag"],
                                "pending": group["pending"],
                            }
                            for group in groups
                        },
                    }
                )
            except (RedisError, OSError) as error:
                rows.append({"stream": stream.name, "problem": str(error)})
    return rows


def _show(found: dict[str, Any]) -> None:
    console = Console()
    services = Table("service", "port", "state", "up for", "says", title="services")
    for name, facts in found["services"].items():
        state = "[green]ready[/green]" if facts["ready"] else f"[red]{facts['problem']}[/red]"
        up_s = facts.get("uptime_s")
        services.add_row(
            name,
            str(facts["port"]),
            state,
            f"{up_s:.0f} s" if up_s is not None else "",
            str(facts.get("summary", "")),
        )
    console.print(services)
    streams = Table("stream", "entries", "waiting", "in hand", "dead", title="streams")
    for row in found["streams"]:
        if "problem" in row:
            streams.add_row(row["stream"], f"[red]{row['problem']}[/red]")
            continue
        groups = row["groups"].items()
        streams.add_row(
            row["stream"],
            str(row["entries"]),
            ", ".join(f"{name} {facts['lag']}" for name, facts in groups),
            ", ".join(f"{name} {facts['pending']}" for name, facts in groups),
            f"[red]{row['dead']}[/red]" if row["dead"] else "0",
        )
    console.print(streams)
