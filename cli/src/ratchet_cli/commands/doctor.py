"""`ratchet doctor`: checks the machine and the running system."""

from typing import Annotated

import typer

from ratchet.command_line import (
    DEFAULT_DATA_DIR,
    FAILED,
    AsJson,
    DataDir,
    RedisUrl,
    print_json,
    say,
)

_COLORS = {"ok": "green", "warn": "yellow", "fail": "red", "skipped": "bright_black"}


def doctor(
    data_dir: DataDir = DEFAULT_DATA_DIR,
    redis_url: RedisUrl = None,
    with_trial: Annotated[
        bool, typer.Option("--trial/--no-trial", help="Try the base model's export.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Check the machine and the running system.

    Looks at Redis, streams, disk, GPU, memory, Ollama, base model, clocks and services, and tries
    the base model's export and registration with a small one. Each line has the finding and, if
    something is wrong, the remedy. Exits with 1 if a check fails.
    """
    import asyncio

    from ratchet_cli.doctor.check import worst
    from ratchet_cli.doctor.examination import examine

    checks = asyncio.run(examine(data_dir, redis_url, with_trial=with_trial))
    level = worst(checks)
    if as_json:
        print_json({"level": level, "checks": [check.as_json() for check in checks]})
    else:
        for check in checks:
            label = typer.style(f"{check.level:<7}", _COLORS[check.level])
            say(f" {check.name}: {check.finding}", label=label)
            if check.remedy:
                say(f"        remedy: {check.remedy}")
    if level == "fail":
        raise typer.Exit(FAILED)
