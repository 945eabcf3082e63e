"""Whether every service runs, without degraded parts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from ratchet_cli.doctor.check import Check, fail, ok, skipped, warn
from ratchet_cli.embedded.processes import SERVICES

NAMES = tuple(reversed(SERVICES))
"""In the direction of the data: from the intake to the exporter and the ledger."""

_HASHING = "hashing"
_LIMIT_S = 5.0


@dataclass(frozen=True)
class DegradedPart:
    """A part of a service that runs with reduced function."""

    part: str
    reason: str


async def probe(
    ports: Mapping[str, int], troubles: Mapping[str, Mapping[str, str]]
) -> dict[str, dict[str, Any]]:
    """The `/status` of each service by name, with `port`, `ready`, and `problem` if it has one.

    `troubles` are those that `ratchet up` recorded: why a service does not respond at all.
    """
    async with httpx.AsyncClient(timeout=_LIMIT_S) as client:
        found = [await _status(client, ports.get(name)) for name in NAMES]
    services = dict(zip(NAMES, found, strict=True))
    for name, status in services.items():
        if status.pop("silent", False) and name in troubles:
            status.update(troubles[name])
    return services


def degraded(status: Mapping[str, Any]) -> list[DegradedPart]:
    """The degraded parts in the `/status` of a service, in its order."""
    parts = [_degraded_part(part, value) for part, value in status.items()]
    return [part for part in parts if part is not None] + [
        DegradedPart(f"model {row['version']}", str(row["problem"]))
        for row in status.get("models", ())
        if row.get("problem")
    ]


def judge(services: Mapping[str, Mapping[str, Any]]) -> list[Check]:
    """The checks for the results of `probe`."""
    return [*(_service(name, status) for name, status in services.items()), _embedding(services)]


def not_running(names: Sequence[str], reason: str) -> list[Check]:
    return [skipped(name, reason) for name in [*names, "embedding"]]


async def _status(client: httpx.AsyncClient, port: int | None) -> dict[str, Any]:
    if port is None:
        return {"port": None, "ready": False, "problem": "not part of the running system"}
    address = f"http://127.0.0.1:{port}"
    try:
        ready, alive, status = [
            (await client.get(f"{address}/{path}")).json() for path in ("readyz", "livez", "status")
        ]
        problem = ready.get("problem") or alive.get("problem")
        return {"port": port, "ready": ready["ready"], "problem": problem, **status}
    except httpx.TimeoutException:
        problem = f"it did not answer within {_LIMIT_S:.0f} s"
        return {"port": port, "ready": False, "problem": problem}
    except httpx.HTTPError as error:
        problem = f"does not respond: {str(error) or type(error).__name__}"
        return {"port": port, "ready": False, "problem": problem, "silent": True}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {
            "port": port,
            "ready": False,
            "is_foreign": True,
            "problem": f"another program uses port {port}",
            "remedy": "end it, or start the system with another --port",
        }


def _degraded_part(part: str, value: Any) -> DegradedPart | None:
    """The trainer reports `trouble` as text; other parts have `problem` or `available`."""
    if part == "trouble" and value:
        return DegradedPart("training", str(value))
    if not isinstance(value, Mapping):
        return None
    if value.get("problem"):
        return DegradedPart(part, str(value["problem"]))
    if value.get("available") is False:
        return DegradedPart(part, "does not respond; updated when it responds again")
    return None


def _service(name: str, status: Mapping[str, Any]) -> Check:
    if not status["ready"]:
        return fail(
            name,
            str(status.get("problem") or "not ready"),
            str(status.get("remedy") or "")
            or "see its messages in the output of `ratchet up`, which restarts it",
            is_cause=bool(status.get("is_foreign")),
        )
    if status.get("problem"):
        return fail(name, f"it is stuck: {status['problem']}", f"restart {name}")
    if parts := degraded(status):
        finding = "; ".join(f"{part.part}: {part.reason}" for part in parts)
        remedy = f"remove the cause, see the log of {name}; it then recovers without a restart"
        return warn(name, f"runs, but {finding}", remedy)
    return ok(name, str(status.get("summary") or "runs"))


def _embedding(services: Mapping[str, Mapping[str, Any]]) -> Check:
    """Whether ranking trains and serves with the same embedding."""
    used = {
        name: embedding
        for name, status in services.items()
        if (embedding := (status.get("ranking") or {}).get("embedding"))
    }
    if not used:
        return skipped("embedding", "no service reports one")
    if len(set(used.values())) > 1:
        finding = ", ".join(f"{name} has {value}" for name, value in used.items())
        return fail(
            "embedding",
            f"{finding}: a scorer trained with one cannot be served with another",
            "set RATCHET_EMBEDDING to the same value for every service",
        )
    [value] = set(used.values())
    if value.startswith(_HASHING):
        return ok("embedding", "hashing: compares questions by their words, not their meaning")
    return ok("embedding", str(value))
