"""Runs every check."""

import asyncio
from pathlib import Path

from redis.exceptions import RedisError

from ratchet.command_line import redis_address, redis_client, running_ports
from ratchet_cli.doctor import base_model, clock, disk, gpu, groups, ollama, redis, services
from ratchet_cli.doctor.check import Check, skipped
from ratchet_cli.doctor.settings import CheckedSettings
from ratchet_cli.formatting import GIB


async def examine(data_dir: Path, redis_url: str | None) -> list[Check]:
    """The checks, in the order in which they are shown."""
    clocks = clock.Clocks()
    ports = running_ports(data_dir)
    running = await services.probe(ports) if ports else {}
    settings = CheckedSettings.of(running)
    url = redis_url or (
        f"redis://127.0.0.1:{ports['valkey']}/0" if ports else str(settings.redis_url)
    )
    checks = await _redis(url, clocks)
    base = await asyncio.to_thread(
        base_model.probe, settings.trainer_base_model, settings.cache_path, data_dir / "registry"
    )
    for_a_run = int(settings.trainer_min_free_disk_gib * GIB)
    checks.append(disk.judge(disk.probe(data_dir, for_a_run, base.parameters)))
    four_bits = settings.trainer_quantization == "nf4"
    card = await asyncio.to_thread(gpu.probe, settings.trainer_device, four_bits, base.parameters)
    checks.append(gpu.judge(card))
    checks.append(ollama.judge(await ollama.probe(settings.exporter_ollama_url)))
    checks.append(base_model.judge(base))
    checks += clock.judge(clocks.facts())
    if ports:
        return checks + services.judge(running)
    return checks + services.not_running(services.NAMES, f"no system runs in {data_dir}")


async def _redis(url: str, clocks: clock.Clocks) -> list[Check]:
    async with redis_client(url) as client:
        try:
            facts = await redis.probe(client, redis_address(url))
            await clocks.compare(client)
            return [*redis.judge(facts), *groups.judge(await groups.probe(client))]
        except (RedisError, OSError) as error:
            unread = [skipped(name, "Redis does not respond") for name in groups.NAMES]
            return [*redis.unavailable(redis_address(url), str(error)), *unread]
