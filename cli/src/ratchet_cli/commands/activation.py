"""`ratchet activate` and `ratchet rollback`: ask for another version, and wait until it serves."""

import getpass
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from ratchet.command_line import (
    FAILED,
    AsJson,
    DataDir,
    ExporterUrl,
    Failed,
    NoAnswer,
    Unreachable,
    api_key_headers,
    exporter_status,
    post_until_answered,
    print_json,
    service_url,
)

_POLL_S = 0.05

Url = Annotated[
    str | None, typer.Option(envvar="RATCHET_URL", help="The intake, if not the one there.")
]
By = Annotated[str | None, typer.Option(help="Who asks; your user name if left out.")]
Reason = Annotated[str, typer.Option(help="Why, for the record.")]
Deadline = Annotated[float, typer.Option(min=0, help="Seconds to wait for the outcome.")]


def activate(
    version: Annotated[str, typer.Argument(help="A version that `ratchet models` shows.")],
    data_dir: DataDir = Path("var/ratchet"),
    url: Url = None,
    exporter_url: ExporterUrl = None,
    by: By = None,
    reason: Reason = "",
    deadline: Deadline = 120.0,
    as_json: AsJson = False,
) -> None:
    """Serve a registered version.

    It is refused if its files have changed.
    """
    body = {"version": version, "requested_by": by or getpass.getuser(), "reason": reason}
    _ask("activation", body, data_dir, url, exporter_url, deadline, as_json)


def rollback(
    data_dir: DataDir = Path("var/ratchet"),
    url: Url = None,
    exporter_url: ExporterUrl = None,
    by: By = None,
    reason: Reason = "",
    deadline: Deadline = 120.0,
    as_json: AsJson = False,
) -> None:
    """Serve the previous version again."""
    body = {"requested_by": by or getpass.getuser(), "reason": reason}
    _ask("rollback", body, data_dir, url, exporter_url, deadline, as_json)


def _ask(
    command: str,
    body: dict[str, str],
    data_dir: Path,
    url: str | None,
    exporter_url: str | None,
    deadline: float,
    as_json: bool,
) -> None:
    if (url is None) != (exporter_url is None):
        raise typer.BadParameter(
            "name both --url and --exporter-url, or neither: the outcome is asked of the exporter"
        )
    intake = service_url("ingest", data_dir, url, "--url")
    exporter = service_url("exporter", data_dir, exporter_url, "--exporter-url")
    import asyncio

    status, outcome = asyncio.run(_settled(intake, exporter, command, body, deadline))
    if as_json:
        print_json({"model": status["model"], **outcome})
    if outcome["outcome"] == "refused":
        typer.echo(f"refused, nothing moved: {outcome['reason']}", err=True)
        raise typer.Exit(FAILED)
    if not as_json:
        typer.echo(_told(status, outcome))


async def _settled(
    intake: str, exporter: str, command: str, body: dict[str, str], deadline: float
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The exporter's status, and in it what became of the command; raises `Failed`."""
    import asyncio

    import httpx

    end = time.monotonic() + deadline
    path = f"/v1/commands/{command}"
    async with (
        httpx.AsyncClient(timeout=5.0) as client,
        httpx.AsyncClient(timeout=5.0, headers=api_key_headers()) as admitted,
    ):
        try:
            answer, _ = await post_until_answered(
                admitted, intake + path, body, patience_s=deadline
            )
        except NoAnswer as error:
            raise Unreachable(
                f"{intake} gave no answer: {error}; start it, or name another with --url"
            ) from error
        if answer.status_code != httpx.codes.ACCEPTED:
            raise Failed(f"{intake} did not take it: {answer.text}")
        event_id, heard = answer.json()["event_id"], "nothing yet"
        while time.monotonic() < end:
            try:
                status = exporter_status(await client.get(f"{exporter}/status"))
            except (httpx.TransportError, ValueError) as error:
                heard = f"{exporter}: {error}"
            else:
                for outcome in reversed(status["commands"]):
                    if outcome["event_id"] == event_id and outcome["outcome"] != "later":
                        return status, outcome
                    if outcome["event_id"] == event_id:
                        heard = outcome["reason"]
            await asyncio.sleep(_POLL_S)
    raise Unreachable(
        f"no outcome within {deadline:g} s (last heard: {heard}); the command stays in force, "
        "`ratchet models` shows when it has taken effect"
    )


def _told(status: dict[str, Any], outcome: dict[str, Any]) -> str:
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
        line += "; Ollama's alias did not, it follows when Ollama answers"
    return line
