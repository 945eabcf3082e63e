"""Registers a model with a server and compares its answers before anything depends on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from exporter.domain.parity.quantization import ParityLimits, Quantization
from exporter.domain.parity.served import ExpectedAnswers, compare_answers
from exporter.domain.registry.record import ModelRecord
from exporter.ports import RegistrationMismatch, Registry, RegistryError
from ratchet.contract import ServedParity


@dataclass(frozen=True)
class Registered:
    """`parity` is None if the registry serves nothing, or the record has no reference answers."""

    parity: ServedParity | None


@dataclass(frozen=True)
class RegistrationRefused:
    """The registered model does not answer like the trained one."""

    reason: str
    parity: ServedParity | None = None


async def register_and_check(
    registry: Registry, record: ModelRecord, gguf: Path, limits: dict[Quantization, ParityLimits]
) -> Registered | RegistrationRefused:
    """Register `record` and compare the answers; raises `RegistryError` or `OSError`."""
    try:
        await registry.register(record, gguf)
    except RegistrationMismatch as error:
        return RegistrationRefused(str(error))
    expected = expected_answers(record, limits)
    if not expected.references:
        return Registered(None)
    answers = await registry.answers(record.version, expected.prompts, expected.answer_limit)
    if answers is None:
        return Registered(None)
    parity = compare_answers(registry.kind, expected, answers)
    if not parity.faults:
        return Registered(parity)
    faults = "; ".join(f"{fault.name}: {fault.reason}" for fault in parity.faults)
    return RegistrationRefused(
        f"{registry.kind} does not serve the trained model: {faults}", parity
    )


def expected_answers(
    record: ModelRecord, limits: dict[Quantization, ParityLimits]
) -> ExpectedAnswers:
    export = record.export
    template = export.modelfile.template
    return ExpectedAnswers(
        references=export.references,
        start=template.start if template else "",
        stop=template.stop if template else (),
        limits=limits[export.quantization],
        training_kl=export.training_kl,
    )


async def withdraw(registries: Sequence[Registry], version: str, reason: str) -> None:
    """Remove `version` from `registries`, from the last to the first.

    Raises `RegistryError` if it is active somewhere: it passed its check when the alias moved, and
    removing it would leave no model to serve.
    """
    for registry in registries:
        if await registry.active() == version:
            raise RegistryError(f"{version} is active already, but {reason}")
    for registry in reversed(registries):
        await registry.remove(version)
