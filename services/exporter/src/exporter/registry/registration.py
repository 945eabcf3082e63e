"""Register a model where it is served, and let it answer before anybody depends on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from exporter.domain.parity.quantization import Limits, Quantization
from exporter.domain.parity.served import Expected, judge
from exporter.domain.registry.record import ModelRecord
from exporter.ports import NotAsSent, Registry, RegistryTrouble
from ratchet.contract import ServedParity


@dataclass(frozen=True)
class Served:
    """`parity` is None where the registry answers nothing, or nothing is known to compare with."""

    parity: ServedParity | None


@dataclass(frozen=True)
class NotServed:
    """What was registered is not the trained model."""

    reason: str
    parity: ServedParity | None = None


async def serve(
    registry: Registry, record: ModelRecord, gguf: Path, limits: dict[Quantization, Limits]
) -> Served | NotServed:
    """Register `record` and compare what it answers; raises `RegistryTrouble` or `OSError`."""
    try:
        await registry.register(record, gguf)
    except NotAsSent as error:
        return NotServed(str(error))
    expected = expected_of(record, limits)
    if not expected.references:
        return Served(None)
    heard = await registry.ask(record.version, expected.prompts, expected.answer_limit)
    if heard is None:
        return Served(None)
    parity = judge(registry.kind, expected, heard)
    if not parity.faults:
        return Served(parity)
    said = "; ".join(f"{fault.name}: {fault.reason}" for fault in parity.faults)
    return NotServed(f"{registry.kind} does not serve the trained model: {said}", parity)


def expected_of(record: ModelRecord, limits: dict[Quantization, Limits]) -> Expected:
    export = record.export
    template = export.modelfile.template
    return Expected(
        references=export.references,
        start=template.start if template else "",
        stop=template.stop if template else (),
        limits=limits[export.quantization],
        training_kl=export.training_kl,
    )


async def withdraw(registries: Sequence[Registry], version: str, reason: str) -> None:
    """Remove `version` everywhere, where it is served first.

    Raises `RegistryTrouble` where it is the active one: it passed when the alias moved, and
    taking it away would leave nothing to answer.
    """
    for registry in registries:
        if await registry.active() == version:
            raise RegistryTrouble(f"{version} is active already, but {reason}")
    for registry in reversed(registries):
        await registry.remove(version)
