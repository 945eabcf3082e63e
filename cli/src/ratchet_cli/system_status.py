"""The state of an embedded system: its services, their degraded parts, and the streams."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from redis.exceptions import RedisError
from rich.table import Table

from ratchet.command_line import colored, redis_client, screen
from ratchet.contract import STREAMS, Stream
from ratchet.delivery import group_positions
from ratchet_cli.doctor.services import degraded, probe


async def read_status(
    ports: Mapping[str, int], troubles: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    """`services` by name, `streams` in order, and `totals` over the streams."""
    services = await probe(ports, troubles)
    for status in services.values():
        status["degraded"] = [asdict(part) for part in degraded(status)]
    streams = await _streams(f"redis://127.0.0.1:{ports['valkey']}/0")
    return {"services": services, "streams": streams, "totals": _totals(streams)}


def show_status(state: Mapping[str, Any]) -> None:
    """Print the two tables, degraded parts and totals."""
    console = screen()
    console.print(_service_table(state["services"]))
    for name, status in state["services"].items():
        for part in status["degraded"]:
            text = f"{name}: {part['part']} is degraded: {part['reason']}"
            console.print(text, style="yellow", soft_wrap=True)
    console.print(_stream_table(state["streams"]))
    totals = state["totals"]
    console.print(
        f"{totals['waiting']} waiting, {totals['pending']} pending, {totals['dead']} dead"
        + ("; see `ratchet dead list`" if totals["dead"] else ""),
        highlight=False,
    )


async def _streams(url: str) -> list[dict[str, Any]]:
    """One row for each stream; a single row with `problem` if Redis does not respond."""
    async with redis_client(url) as client:
        redis: Any = client
        try:
            return [await _stream(redis, stream) for stream in STREAMS]
        except (RedisError, OSError) as error:
            return [{"stream": "all", "problem": f"Redis does not respond: {error}"}]


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
    """`waiting` leaves out groups whose lag the server does not know."""
    groups = [group for row in streams for group in row.get("groups", {}).values()]
    return {
        "waiting": sum(group["lag"] or 0 for group in groups),
        "pending": sum(group["pending"] for group in groups),
        "dead": sum(row.get("dead", 0) for row in streams),
    }


def _service_table(services: Mapping[str, Any]) -> Table:
    table = Table("service", "port", "state", "up for", "summary", title="services")
    for name, status in services.items():
        ready = status["ready"]
        reason = "; ".join(filter(None, (status.get("problem"), status.get("remedy"))))
        state = colored("ready", "green") if ready else colored(reason, "red")
        up_s = status.get("uptime_s")
        table.add_row(
            name,
            str(status["port"]),
            state,
            f"{up_s:.0f} s" if up_s is not None else "",
            str(status.get("summary", "")),
        )
    return table


def _stream_table(streams: list[dict[str, Any]]) -> Table:
    table = Table("stream", "entries", "waiting", "pending", "dead", title="streams")
    for row in streams:
        if "problem" in row:
            table.add_row(row["stream"], colored(row["problem"], "red"))
            continue
        groups = row["groups"].items()
        table.add_row(
            row["stream"],
            str(row["entries"]),
            ", ".join(
                f"{name} {'?' if group['lag'] is None else group['lag']}" for name, group in groups
            ),
            ", ".join(f"{name} {group['pending']}" for name, group in groups),
            colored(str(row["dead"]), "red") if row["dead"] else "0",
        )
    return table
