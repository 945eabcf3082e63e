"""`ratchet doctor`: what is well, what is not, and how to mend it."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import typer
from redis.exceptions import RedisError

from ratchet.command_line import (
    FAILED,
    AsJson,
    DataDir,
    RedisUrl,
    print_json,
    redis_address,
    redis_client,
    running_ports,
)
from ratchet_cli.doctor import base_model, clock, disk, gpu, groups, ollama, redis, services
from ratchet_cli.doctor.check import Check, skipped, worst
from ratchet_cli.probes import base_model as base_model_probe
from ratchet_cli.probes import clock as clock_probe
from ratchet_cli.probes import disk as disk_probe
from ratchet_cli.probes import gpu as gpu_probe
from ratchet_cli.probes import groups as groups_probe
from ratchet_cli.probes import ollama as ollama_probe
from ratchet_cli.probes import redis as redis_probe
from ratchet_cli.probes import services as services_probe
from ratchet_cli.probes.wanted import Wanted

_GIB = 2**30
_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red", "skipped": "bright_black"}


def doctor(
    data_dir: DataDir = Path("var/ratchet"),
    redis_url: RedisUrl = None,
    as_json: AsJson = False,
) -> None:
    """Look at Redis, streams, disk, GPU, Ollama, base model, clocks and services; exit 1 if one
    fails. Each line says what was found and, where it is not well, how to mend it."""
    checks = asyncio.run(_look(data_dir, redis_url))
    level = worst(checks)
    if as_json:
        print_json({"level": level, "checks": [asdict(check) for check in checks]})
    else:
        _show(checks)
    if level == "fail":
        raise typer.Exit(FAILED)


async def _look(data_dir: Path, redis_url: str | None) -> list[Check]:
    clocks = clock_probe.Clocks()
    ports = running_ports(data_dir)
    running = await services_probe.probe(ports) if ports else {}
    wanted = Wanted.of(running)
    url = redis_url or (
        f"redis://127.0.0.1:{ports['valkey']}/0" if ports else str(wanted.redis_url)
    )
    checks = await _redis(url, clocks)
    base = await asyncio.to_thread(
        base_model_probe.probe, wanted.trainer_base_model, wanted.cache_path, data_dir / "registry"
    )
    for_a_run = int(wanted.trainer_min_free_disk_gib * _GIB)
    checks.append(disk.judge(disk_probe.probe(data_dir, for_a_run, base.parameters)))
    four_bits = wanted.trainer_quantization == "nf4"
    facts = await asyncio.to_thread(
        gpu_probe.probe, wanted.trainer_device, four_bits, base.parameters
    )
    checks.append(gpu.judge(facts))
    checks.append(ollama.judge(await ollama_probe.probe(wanted.exporter_ollama_url)))
    checks.append(base_model.judge(base))
    checks += clock.judge(clocks.facts())
    if ports:
        return checks + services.judge(running)
    return checks + services.none_to_ask(services_probe.NAMES, f"nothing runs in {data_dir}")


async def _redis(url: str, clocks: clock_probe.Clocks) -> list[Check]:
    async with redis_client(url) as client:
        try:
            facts = await redis_probe.probe(client, redis_address(url))
            await clocks.compare(client)
            return [*redis.judge(facts), *groups.judge(await groups_probe.probe(client))]
        except (RedisError, OSError) as error:
            unread = [skipped(name, "Redis does not answer") for name in groups.NAMES]
            return [*redis.away(redis_address(url), str(error)), *unread]


def _show(checks: Sequence[Check]) -> None:
    for check in checks:
        typer.echo(
            f"{typer.style(f'{check.level:<7}', _COLOURS[check.level])} {check.name}: {check.found}"
        )
        if check.mend:
            typer.echo(f"        mend: {check.mend}")
