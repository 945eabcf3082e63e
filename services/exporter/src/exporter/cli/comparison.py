"""`python -m exporter compare`: whether another server serves a registered version."""

import asyncio

import typer
from rich.table import Table

from exporter.backends.registries.local_registry import LocalRegistry
from exporter.backends.registries.openai_server import OpenAIServer, openai_client
from exporter.domain.parity.served import ExpectedAnswers
from exporter.ports import RegistryError, RenderingRefused
from exporter.registry.openai_parity import openai_parity
from exporter.registry.registration import expected_answers
from exporter.settings import ExporterSettings
from ratchet.command_line import Failed, say, screen
from ratchet.contract import ServedParity
from ratchet.settings import read_settings

_WIDTH = 110


def compare_server(version: str, url: str, model: str, *, as_json: bool) -> None:
    """Print how the server's answers differ from the trained model's; exits with 1 on a fault.

    Raises `Failed` where they cannot be compared.
    """
    expected = asyncio.run(_expected(read_settings(ExporterSettings), version))
    try:
        parity = asyncio.run(_parity(url, model, expected))
    except (RegistryError, RenderingRefused) as error:
        raise Failed(str(error)) from error
    if as_json:
        say(parity.model_dump_json(indent=2))
    else:
        _print(parity, version)
    if parity.faults:
        raise typer.Exit(1)


async def _expected(settings: ExporterSettings, version: str) -> ExpectedAnswers:
    root = settings.data_dir / "registry"
    records = LocalRegistry(root, settings.exporter_model_name)
    record = await records.record(version)
    if record is None:
        known = ", ".join(await records.versions()) or "none"
        raise Failed(f"no version {version} in {root} (RATCHET_DATA_DIR); registered: {known}")
    if not record.export.references:
        raise Failed(f"{version} was exported without reference answers: export it again")
    return expected_answers(record, settings.limits)


async def _parity(url: str, model: str, expected: ExpectedAnswers) -> ServedParity:
    async with openai_client() as client:
        return await openai_parity(OpenAIServer(client, url, model), model, expected)


def _print(parity: ServedParity, version: str) -> None:
    table = Table(title=f"{parity.target} against {version}")
    for name in ("tokens compared", "top-1 agreement", "mean KL, nats", "p99 KL, nats"):
        table.add_column(name)
    kls = ["unknown" if kl is None else f"{kl:.6f}" for kl in (parity.kl_mean, parity.kl_p99)]
    table.add_row(str(parity.tokens), f"{parity.top1:.4f}", *kls)
    console = screen(width=_WIDTH)
    console.print(table)
    for fault in parity.faults:
        console.print(f"{fault.name}: {fault.reason}", highlight=False)
    if parity.unchecked:
        console.print(f"the server's responses do not show: {', '.join(parity.unchecked)}")
    verdict = "not the trained model" if parity.faults else "the trained model"
    console.print(f"verdict: {verdict}")
