"""`ratchet activate` and `ratchet rollback`: request another version and wait for the outcome."""

import asyncio
import getpass
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import typer

from ratchet.command_line import (
    FAILED,
    Failed,
    NoAnswer,
    Unreachable,
    api_key_headers,
    exporter_status,
    post_until_answered,
    print_json,
    say,
    service_url,
)
from ratchet_text import masked

_POLL_S = 0.05


@dataclass(frozen=True)
class CommandEndpoints:
    """Base URLs: commands go to `intake`, their outcomes are read from `exporter`."""

    intake: str
    exporter: str


def requester(name: str | None) -> str:
    """`name`, else the name of the user who runs the command."""
    return name or getpass.getuser()


def endpoints_of(data_dir: Path, url: str | None, exporter_url: str | None) -> CommandEndpoints:
    """Raises `Unreachable` without a running system, `typer.BadParameter` for half an address."""
    if (url is None) != (exporter_url is None):
        raise typer.BadParameter(
            "The command goes to the intake, and its outcome comes from the exporter. "
            "Pass both --url and --exporter-url, or neither."
        )
    return CommandEndpoints(
        intake=service_url("ingest", data_dir, url, "--url"),
        exporter=service_url("exporter", data_dir, exporter_url, "--exporter-url"),
    )


def move_alias(
    command: str,
    body: dict[str, str],
    endpoints: CommandEndpoints,
    deadline_s: float,
    *,
    as_json: bool,
) -> None:
    """Post `command` (`activation` or `rollback`) and print its outcome; exits with 1 if refused.

    Raises `Failed` if the intake rejects it, `Unreachable` without an outcome in `deadline_s`.
    """
    status, outcome = asyncio.run(_outcome(endpoints, command, body, deadline_s))
    if as_json:
        print_json({"model": status["model"], **outcome})
    if outcome["outcome"] == "refused":
        say(f"refused, nothing moved: {outcome['reason']}", err=True)
        raise typer.Exit(FAILED)
    if not as_json:
        say(_summary(status, outcome))


async def _outcome(
    endpoints: CommandEndpoints, command: str, body: dict[str, str], deadline_s: float
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The exporter's status, and in it the final outcome of the command."""
    end = time.monotonic() + deadline_s
    event_id = await _post(endpoints.intake, command, body, deadline_s)
    async with httpx.AsyncClient(timeout=5.0) as client:
        while True:
            try:
                status = exporter_status(await client.get(f"{endpoints.exporter}/status"))
            except (httpx.TransportError, ValueError) as error:
                problem = f"{masked(endpoints.exporter)}: {error}"
            else:
                result = _result(status, event_id)
                if result is not None and result["outcome"] != "later":
                    return status, result
                problem = result["reason"] if result is not None else "not handled yet"
            if time.monotonic() >= end:
                break
            await asyncio.sleep(_POLL_S)
    raise Unreachable(
        f"no outcome within {deadline_s:g} s (last response: {problem}); the command stays in "
        "force, `ratchet models` shows when it has taken effect"
    )


def _result(status: dict[str, Any], event_id: str) -> dict[str, Any] | None:
    """The command's final result in the exporter's status, else its latest one."""
    results = [result for result in status["commands"] if result["event_id"] == event_id]
    results = [result for result in results if result["outcome"] != "later"] or results
    return results[-1] if results else None


async def _post(intake: str, command: str, body: dict[str, str], deadline_s: float) -> str:
    """The event id under which the intake accepted the command."""
    async with httpx.AsyncClient(timeout=5.0, headers=api_key_headers()) as client:
        try:
            response, _ = await post_until_answered(
                client, f"{intake}/v1/commands/{command}", body, patience_s=deadline_s
            )
        except NoAnswer as error:
            raise Unreachable(
                f"The intake at {masked(intake)} does not respond: {error}. "
                "Start it, or pass another one with --url."
            ) from error
    if response.status_code != httpx.codes.ACCEPTED:
        raise Failed(f"The intake at {masked(intake)} rejected the command: {response.text}")
    return str(response.json()["event_id"])


def _summary(status: dict[str, Any], outcome: dict[str, Any]) -> str:
    version, previous = outcome["version"], outcome["previous"]
    if version == previous:
        moved = f"{version} was active already"
    else:
        moved = f"{previous or 'no version'} -> {version}"
    line = (
        f"{status['model']}: {moved}, the alias moved in {outcome['moved_s']:.3f} s "
        f"(checked for {outcome['checked_s']:.3f} s before)"
    )
    if status["ollama"] is not None and "ollama" not in outcome["registries"]:
        line += "; Ollama's alias did not, it moves when Ollama responds"
    server = status.get("server")
    if server is not None and server["version"] != version:
        line += "; the server has not loaded it yet, `ratchet models` shows when it has"
    return line
