"""Whether another server serves a registered version, as a table."""

import asyncio
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.table import Table

from exporter.backends.registries.local_registry import LocalRegistry
from exporter.backends.registries.ollama_api import TIMEOUT
from exporter.backends.registries.openai_server import OpenAIServer
from exporter.domain.parity.served import Expected, judge
from exporter.ports import RegistryTrouble
from exporter.registry.registration import expected_of
from exporter.settings import ExporterSettings
from ratchet.contract import ServedParity
from ratchet.settings import read_settings

_WIDTH = 110


def compare(
    version: Annotated[str, typer.Argument(help="A registered version.")],
    url: Annotated[str, typer.Option(help="Where /chat/completions begins, with any /v1.")],
    model: Annotated[str, typer.Option(help="What the server calls the model.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Compare what an OpenAI-compatible server answers with what the trained model answers.

    Reads the registry in the data directory of the settings (RATCHET_DATA_DIR) and changes
    nothing; exits with 1 where the server does not serve this version.
    """
    expected = asyncio.run(_expected(read_settings(ExporterSettings), version))
    if isinstance(expected, str):
        typer.echo(expected, err=True)
        raise typer.Exit(1)
    try:
        parity = asyncio.run(_compared(url, model, expected))
    except RegistryTrouble as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    if as_json:
        typer.echo(parity.model_dump_json(indent=2))
    else:
        _print(parity, version)
    if parity.faults:
        raise typer.Exit(1)


async def _expected(settings: ExporterSettings, version: str) -> Expected | str:
    """What `version` is held against, or why there is nothing."""
    root = settings.data_dir / "registry"
    records = LocalRegistry(root, settings.exporter_model_name)
    record = await records.record(version)
    if record is None:
        known = ", ".join(await records.versions()) or "none"
        return f"no version {version} in {root} (RATCHET_DATA_DIR); there are: {known}"
    if not record.export.references:
        return f"{version} was exported without answers to compare with: export it again"
    return expected_of(record, settings.limits)


async def _compared(url: str, model: str, expected: Expected) -> ServedParity:
    async with httpx.AsyncClient(timeout=TIMEOUT) as client:
        server = OpenAIServer(client, url, model)
        heard = await server.ask(expected.prompts, expected.answer_limit)
    return judge(model, expected, heard)


def _print(parity: ServedParity, version: str) -> None:
    table = Table(title=f"{parity.target} against {version}")
    for name in ("tokens compared", "top-1 agreement", "mean KL, nats", "p99 KL, nats"):
        table.add_column(name)
    kls = ["not told" if kl is None else f"{kl:.6f}" for kl in (parity.kl_mean, parity.kl_p99)]
    table.add_row(str(parity.tokens), f"{parity.top1:.4f}", *kls)
    console = Console(width=_WIDTH)
    console.print(table)
    for fault in parity.faults:
        console.print(f"{fault.name}: {fault.reason}", markup=False, highlight=False)
    verdict = "not the trained model" if parity.faults else "the trained model"
    console.print(f"verdict: {verdict}")
