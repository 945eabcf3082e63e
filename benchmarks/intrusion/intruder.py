"""Makes the keys of an installation and every attempt on it, in three phases."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

import httpx

from intrusion import with_keys, without_keys
from intrusion.attempt import Attempt, Outcome, attempted, request
from ratchet_edge.access import Scope
from ratchet_edge.keys.key_file import KeyFile

PortOf = Callable[[str], int]
_SCOPES = ("write", "read", "teach", "operate")
_PATIENCE_S = 10.0


def intrude(data_dir: Path, port_of: PortOf) -> Iterator[Outcome]:
    """The outcome of each attempt on the intake, which has no key yet."""
    for attempt in without_keys.attempts():
        yield attempted(attempt, port_of(attempt.service))
    keys = KeyFile(data_dir)
    secrets, digest = _made(keys)
    _wait_for_keys(port_of("ingest"), len(_SCOPES))
    for attempt in with_keys.attempts(secrets, digest):
        yield attempted(attempt, port_of(attempt.service))
    for key in keys.read():
        keys.revoke(key.key_id)
    _wait_for_keys(port_of("ingest"), 0)
    yield from _after(secrets["operate"], "every key is revoked", port_of)
    keys.path.unlink()
    yield from _after(secrets["operate"], "the file of the keys is gone", port_of)


def intrude_others(port_of: PortOf) -> Iterator[Outcome]:
    """The outcomes on the ports of the other services."""
    for attempt in without_keys.other_services():
        yield attempted(attempt, port_of(attempt.service))


def _wait_for_keys(port: int, count: int) -> None:
    """Returns when the intake has read that `count` keys are valid."""
    end = time.monotonic() + _PATIENCE_S
    while httpx.get(f"http://127.0.0.1:{port}/status").json()["access"]["keys"] != count:
        if time.monotonic() > end:
            raise TimeoutError(f"the intake has not read its {count} keys")
        time.sleep(0.02)


def _made(keys: KeyFile) -> tuple[dict[str, str], str]:
    now = datetime.now(UTC)
    made = {name: keys.create(name, [Scope(name)], now) for name in _SCOPES}
    revoked, secret = keys.create("revoked", list(Scope), now)
    keys.revoke(revoked.key_id)
    secrets = {name: secret for name, (_, secret) in made.items()}
    return {**secrets, "revoked": secret, "unknown": "ratchet_" + "x" * 43}, made["write"][0].digest


def _after(secret: str, when: str, port_of: PortOf) -> Iterator[Outcome]:
    for who, headers in (("none", {}), ("revoked", {"X-Api-Key": secret})):
        calls = chain(
            (("POST", path) for path in ("/v1/feedback", "/v1/traces", "/v1/commands/rollback")),
            [("GET", "/v1/experiences")],
        )
        for method, path in calls:
            raw = request(method, path, headers, b"{}" if method == "POST" else b"")
            attempt = Attempt(who, f"{method} {path} after {when}", raw, (401,))
            yield attempted(attempt, port_of("ingest"))
