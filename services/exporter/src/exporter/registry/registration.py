"""Registers a model with a server and compares its answers before anything depends on it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from exporter.domain.parity.quantization import ParityLimits, Quantization
from exporter.domain.parity.served import ExpectedAnswers, compare_answers, template_fault
from exporter.domain.registry.chat_template import ChatTemplate
from exporter.domain.registry.record import ModelRecord
from exporter.domain.registry.server_version import remedy
from exporter.ports import RegistrationMismatch, Registry, RegistryError, RenderingRefused
from ratchet.contract import ServedFault, ServedParity


@dataclass(frozen=True)
class Registered:
    """`parity` is None if the registry serves nothing, or the record has no reference answers."""

    parity: ServedParity | None


@dataclass(frozen=True)
class RegistrationRefused:
    """The registered model does not answer like the trained one.

    `by_template` is whether another template may help: the chats are rendered differently, or the
    server does not report how it renders them. `unjudged` is whether nothing of the record could
    show that the server is right or wrong.
    """

    reason: str
    parity: ServedParity | None = None
    by_template: bool = False
    unjudged: bool = False


_UNJUDGED = RegistrationRefused(
    "the record of this version has neither answers nor chats that show whether the server renders "
    "its chats rightly: train the model again",
    by_template=True,
    unjudged=True,
)


async def register_and_check(
    registry: Registry, record: ModelRecord, gguf: Path, limits: dict[Quantization, ParityLimits]
) -> Registered | RegistrationRefused:
    """Register `record` and compare the answers; raises `RegistryError` or `OSError`.

    The server renders chats by the template inside the file; only if it does not read what the
    trained model reads, by the one of the record.
    """
    expected = expected_answers(record, limits)
    known = record.export.modelfile.template
    outcome: Registered | RegistrationRefused = _UNJUDGED
    try:
        if expected.read or known is None:
            await registry.register(record, gguf)
            outcome = await _check(registry, record.version, expected)
        if known is not None and _by_template(outcome):
            await registry.register(record, gguf, known)
            outcome = await _check(registry, record.version, expected, known)
    except RegistrationMismatch as error:
        return RegistrationRefused(str(error))
    if isinstance(outcome, Registered) or not outcome.by_template or outcome.unjudged:
        return outcome
    advice = remedy(registry.kind, registry.server_version)
    return replace(outcome, reason=f"{outcome.reason}; {advice}")


def _by_template(outcome: Registered | RegistrationRefused) -> bool:
    return isinstance(outcome, RegistrationRefused) and outcome.by_template


async def _check(
    registry: Registry,
    version: str,
    expected: ExpectedAnswers,
    template: ChatTemplate | None = None,
) -> Registered | RegistrationRefused:
    try:
        renderings = await registry.renderings(version, [chat.messages for chat in expected.read])
    except RenderingRefused as error:
        return _by_rendering(registry, ServedFault(name="template", reason=str(error)))
    if renderings is None:
        return Registered(None)
    fault = template_fault(expected, renderings)
    if fault is not None:
        return _by_rendering(registry, fault)
    if not expected.references:
        # Without a template, an older server would render no chat format at all.
        return Registered(None) if renderings or template else _UNJUDGED
    answers = await registry.answers(version, expected.prompts, expected.answer_limit)
    if answers is None:
        return Registered(None)
    parity = compare_answers(registry.kind, expected, answers, rendered=bool(renderings))
    if not parity.faults:
        return Registered(parity)
    return _refused(registry, parity, by_template=not renderings)


def _by_rendering(registry: Registry, fault: ServedFault) -> RegistrationRefused:
    """Refused before any answer was compared."""
    parity = ServedParity(target=registry.kind, top1=0.0, tokens=0, faults=(fault,))
    return _refused(registry, parity, by_template=True)


def _refused(registry: Registry, parity: ServedParity, *, by_template: bool) -> RegistrationRefused:
    reason = f"{registry.kind} does not serve the trained model: {described(parity)}"
    return RegistrationRefused(reason, parity, by_template)


def described(parity: ServedParity) -> str:
    """The faults in one line."""
    return "; ".join(f"{fault.name}: {fault.reason}" for fault in parity.faults)


def expected_answers(
    record: ModelRecord, limits: dict[Quantization, ParityLimits]
) -> ExpectedAnswers:
    export = record.export
    template = export.modelfile.template
    return ExpectedAnswers(
        references=export.references,
        chats=export.chats,
        start=export.start or (template.start if template else ""),
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
