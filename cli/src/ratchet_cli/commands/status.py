"""`ratchet status`: what is really running, asked of the processes and of Redis."""

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer
from redis.exceptions import RedisError
from rich.console import Console
from rich.table import Table

from ratchet.command_line import (
    FAILED,
    AsJson,
    DataDir,
    Unreachable,
    print_json,
    redis_client,
    running_ports,
)
from ratchet.contract import STREAMS, Stream
from ratchet.delivery import group_positions
from ratchet_cli.doctor.degraded import degraded
from ratchet_cli.probes.services import probe as ask_services


def status(
    data_dir: DataDir = Path("var/ratchet"),
    as_json: AsJson = False,
) -> None:
    """Show services, what is degraded, and streams; exit 1 when something does not run."""
    ports = running_ports(data_dir)
    if ports is None:
        raise Unreachable(
            f"nothing runs in {data_dir}: start it with `ratchet up --data-dir {data_dir}`"
        )
    found = asyncio.run(_ask(ports))
    if as_json:
        print_json(found)
    else:
        _show(found)
    if not all(service["ready"] for service in found["services"].values()):
        raise typer.Exit(FAILED)


async def _ask(ports: dict[str, int]) -> dict[str, Any]:
    services = await ask_services(ports)
    for facts in services.values():
        facts["degraded"] = [asdict(one) for one in degraded(facts)]
    streams = await _ask_redis(f"redis://127.0.0.1:{ports['valkey']}/0")
    return {"services": services, "streams": streams, "totals": _totals(streams)}


async def _ask_redis(url: str) -> list[dict[str, Any]]:
    """One row for each stream; a single one with the problem where Redis does not answer."""
    async with redis_client(url) as client:
        redis: Any = client
        try:
            return [await _stream(redis, stream) for stream in STREAMS]
        except (RedisError, OSError) as error:
            return [{"stream": "all", "problem": f"Redis does not answer: {error}"}]


async def _stream(redis: Any, stream: Stream) -> dict[str, Any]:
    return {
        "stream": stream.name,
        "entries": await redis.xlen(stream.key),
        "dead": await redis.xlen(stream.dead_key),
        "groups": {
            group.group: {"lag": group.lag, "pending": group.pending}
            for group in await group_positions(redis, stream)
        },
    }


def _totals(streams: list[dict[str, Any]]) -> dict[str, int]:
    """`waiting` leaves out groups whose lag the server cannot tell."""
    groups = [group for row in streams for group in row.get("groups", {}).values()]
    return {
        "waiting": sum(group["lag"] or 0 for group in groups),
        "pending": sum(group["pending"] for group in groups),
        "dead": sum(row.get("dead", 0) for row in streams),
    }


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
    for name, facts in found["services"].items():
        for one in facts["degraded"]:
            text = f"{name}: {one['part']} is degraded: {one['reason']}"
            console.print(text, style="yellow", soft_wrap=True, markup=False)
    streams = Table("stream", "entries", "waiting", "in hand", "dead", title="streams")
    for row in found["streams"]:
        if "problem" in row:
            streams.add_row(row["stream"], f"[red]{row['problem']}[/red]")
            continue
        groups = row["groups"].items()
        streams.add_row(
            row["stream"],
            str(row["entries"]),
            ", ".join(f"{name} {_told(facts['lag'])}" for name, facts in groups),
            ", ".join(f"{name} {facts['pending']}" for name, facts in groups),
            f"[red]{row['dead']}[/red]" if row["dead"] else "0",
        )
    console.print(streams)
    totals = found["totals"]
    console.print(
        f"{totals['waiting']} waiting, {totals['pending']} in hand, {totals['dead']} dead"
        + ("; `ratchet dead list` shows them" if totals["dead"] else ""),
        highlight=False,
    )


def _told(lag: int | None) -> str:
    return "?" if lag is None else str(lag)
