"""Registers a trial's file with a server, compares the answers, and removes it again."""

from pathlib import Path

from exporter.domain.parity.quantization import ParityLimits, Quantization
from exporter.domain.registry.record import ModelRecord
from exporter.domain.registry.server_version import remedy
from exporter.domain.trial import TrialCheck
from exporter.ports import Registry, RegistryError
from exporter.registry.registration import RegistrationRefused, register_and_check

_REMEDY = "remove the cause of the server's error, then try again"


async def try_registration(
    server: Registry,
    address: str,
    record: ModelRecord,
    gguf: Path,
    limits: dict[Quantization, ParityLimits],
) -> TrialCheck:
    """Whether the server at `address` (shown) gives the answers of `record`.

    The version is removed whatever the outcome.
    """
    if not await server.available():
        return _check("skipped", f"{address} does not respond")
    shown = f"{server.kind} {server.server_version} at {address}"
    try:
        outcome = await register_and_check(server, record, gguf, limits)
        await server.remove(record.version)
    except (RegistryError, OSError) as error:
        await _remove(server, record.version)
        return _check("fail", f"{shown}: {error}", _REMEDY)
    advice = remedy(server.kind, server.server_version)
    if isinstance(outcome, RegistrationRefused):
        return _check("fail", f"{shown}: {outcome.reason}", advice)
    top1 = outcome.parity.top1 if outcome.parity else None
    agreement = "" if top1 is None else f", top-1 {top1:.4f}"
    passed = _check("ok", f"{shown} gives the small model's answers{agreement}")
    return passed.model_copy(update={"top1": top1})


async def _remove(server: Registry, version: str) -> None:
    """As far as the server still responds."""
    try:
        await server.remove(version)
    except (RegistryError, OSError):
        return


def _check(level: str, found: str, mend: str = "") -> TrialCheck:
    fields = {"name": "trial registration", "level": level, "found": found, "mend": mend}
    return TrialCheck.model_validate(fields)
