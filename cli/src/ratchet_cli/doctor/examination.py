"""Runs every check, with the settings of the services."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self

from pydantic import Field
from redis.exceptions import RedisError

from ratchet.command_line import redis_address, redis_client, running_ports
from ratchet.service import read_facts
from ratchet.settings import CommonSettings, read_settings
from ratchet_cli.doctor import (
    base_model,
    clock,
    disk,
    gpu,
    groups,
    memory,
    model_server,
    ollama,
    redis,
    redis_memory,
    services,
    trial,
)
from ratchet_cli.doctor.check import Check, fail, skipped
from ratchet_cli.embedded.state import last_failure, recorded
from ratchet_cli.formatting import GIB
from ratchet_text import MASK, Secrets

_DIRECTORY = "data directory"


class CheckedSettings(CommonSettings):
    """Fields of the trainer's and the exporter's settings, with the same names and defaults."""

    trainer_base_model: str = ""
    trainer_device: Literal["auto", "cpu", "cuda"] = "auto"
    trainer_quantization: Literal["none", "nf4"] = "none"
    trainer_min_free_disk_gib: float = Field(default=1.0, ge=0)
    trainer_chat_template_file: Path | None = None
    exporter_model_name: str = "cc-widget-selector"
    exporter_ollama_url: str = "http://127.0.0.1:11434"
    exporter_llama_server_url: str = ""
    exporter_server_url: str = ""

    @classmethod
    def of(cls, recorded: Mapping[str, str]) -> Self:
        """From the environment; settings that the running system recorded win.

        An address that was recorded without its password does not.
        """
        return read_settings(
            cls, **{name: value for name, value in recorded.items() if MASK not in value}
        )

    @property
    def for_a_trial(self) -> dict[str, str]:
        """The settings that the exporter's trial reads, by field."""
        names = (
            *("trainer_base_model", "trainer_chat_template_file", "exporter_model_name"),
            *("exporter_ollama_url", "exporter_llama_server_url"),
        )
        values = {name: getattr(self, name) for name in names}
        given = {name: str(value) for name, value in values.items() if value is not None}
        return {**given, "cache_dir": str(self.cache_path.absolute())}


async def examine(data_dir: Path, redis_url: str | None, *, with_trial: bool) -> list[Check]:
    """The checks, in the order in which they are shown: causes of others come first."""
    clocks = clock.Clocks()
    ports = running_ports(data_dir)
    state = recorded(data_dir) if ports else {}
    troubles = state.get("troubles", {})
    running = await services.probe(ports, troubles) if ports else {}
    settings = CheckedSettings.of(state.get("settings", {}))
    url = redis_url or (
        f"redis://127.0.0.1:{ports['valkey']}/0" if ports else str(settings.redis_url)
    )
    of_embedded = redis_url is None or (ports is not None and str(ports["valkey"]) in redis_url)
    trouble = troubles.get("valkey") or last_failure(data_dir) if of_embedded else None
    use_embedded = of_embedded and bool(ports)
    checks = _directory(data_dir, redis_url)
    checks += await _redis(url, clocks, trouble, embedded=use_embedded)
    base = await asyncio.to_thread(
        base_model.probe, settings.trainer_base_model, settings.cache_path, data_dir / "registry"
    )
    omitted = "" if settings.trainer_base_model else "no base model is set"
    if not with_trial:
        omitted = "--no-trial"
    tried = (
        trial.TrialFacts(skipped=omitted)
        if omitted
        else await trial.probe(settings.for_a_trial, data_dir)
    )
    parameters = base.parameters or tried.parameters
    for_a_run = int(settings.trainer_min_free_disk_gib * GIB)
    checks.append(disk.judge(disk.probe(data_dir, for_a_run, parameters)))
    four_bits = settings.trainer_quantization == "nf4"
    card = await asyncio.to_thread(gpu.probe, settings.trainer_device, four_bits, parameters)
    checks.append(gpu.judge(card))
    checks.append(memory.judge(memory.probe(card.is_used, parameters)))
    checks.append(ollama.judge(await ollama.probe(settings.exporter_ollama_url)))
    other = await model_server.probe(settings.exporter_server_url)
    checks.append(model_server.judge(other, settings.exporter_model_name))
    checks.append(base_model.judge(base))
    checks += trial.judge(tried)
    checks += clock.judge(clocks.facts())
    if ports:
        checks += services.judge(running)
    else:
        checks += services.not_running(services.NAMES, f"no system runs in {data_dir}")
    return sorted(checks, key=lambda one: not one.is_cause)


def _directory(data_dir: Path, redis_url: str | None) -> list[Check]:
    """A failure if `data_dir` is not there and nothing else names a system."""
    if data_dir.is_dir() or redis_url is not None:
        return []
    return [
        fail(
            _DIRECTORY,
            f"{data_dir} is not a directory",
            "pass the one of `ratchet up` with --data-dir, or start the system there",
            is_cause=True,
        )
    ]


async def _redis(
    url: str, clocks: clock.Clocks, trouble: Mapping[str, str] | None, embedded: bool
) -> list[Check]:
    async with redis_client(url) as client:
        try:
            facts = await read_facts(client)
            await clocks.compare(client)
            checks = redis.judge(facts, redis_address(url))
            checks.append(await clock.stored(client))
            streams = await groups.probe(client)
            use = await redis_memory.probe(client, facts, embedded)
            return [*checks, redis_memory.judge(use, streams), *groups.judge(streams)]
        except (RedisError, OSError) as error:
            unread = [
                skipped(name, "Redis does not respond") for name in (clock.STORED, *groups.NAMES)
            ]
            problem = Secrets.of([url], {}).hide(str(error))
            return [*redis.unavailable(redis_address(url), problem, trouble), *unread]
