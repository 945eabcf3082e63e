"""`python -m exporter compare`: whether another server serves a registered version."""

import asyncio

import httpx
import typer
from rich.table import Table

from exporter.backends.registries.local_registry import LocalRegistry
from exporter.backends.registries.ollama_api import TIMEOUT
from exporter.backends.registries.openai_server import OpenAIServer
from exporter.domain.parity.served import ExpectedAnswers, compare_answers, template_fault
from exporter.ports import RegistryError
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
    except RegistryError as error:
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
    async with httpx.AsyncClient(timeout=TIMEOUT) as client:
        server = OpenAIServer(client, url, model)
        renderings = await server.renderings([chat.messages for chat in expected.read])
        answers = await server.answers(expected.prompts, expected.answer_limit)
    fault = template_fault(expected, renderings)
    return compare_answers(model, expected, answers, fault)


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
    verdict = "not the trained model" if parity.faults else "the trained model"
    console.print(f"verdict: {verdict}")
