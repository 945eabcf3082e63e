"""Makes the keys of an installation and every attempt on it, in three phases."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

import httpx

from intrusion import on_gateway, with_keys, without_keys
from intrusion.attempt import Attempt, Outcome, attempted, request
from ratchet_edge.access import Scope
from ratchet_edge.keys.key_file import KeyFile

PortOf = Callable[[str], int]
_SCOPES = ("write", "read", "teach", "operate")
_PATIENCE_S = 10.0


def intrude(
    data_dir: Path, port_of: PortOf, services: Sequence[str] = ("ingest",)
) -> Iterator[Outcome]:
    """The outcome of each attempt on these of intake and gateway, which have no key yet."""

    def on(*attempts: Iterator[Attempt]) -> Iterator[Outcome]:
        for attempt in chain(*attempts):
            if attempt.service in services:
                yield attempted(attempt, port_of(attempt.service))

    yield from on(without_keys.attempts(), on_gateway.without_keys())
    keys = KeyFile(data_dir)
    secrets, digest = _made(keys)
    _wait_for_keys(map(port_of, services), len(_SCOPES))
    yield from on(with_keys.attempts(secrets, digest), on_gateway.with_keys(secrets))
    for key in keys.read():
        keys.revoke(key.key_id)
    _wait_for_keys(map(port_of, services), 0)
    for when in ("every key is revoked", "the file of the keys is gone"):
        secret = secrets["operate"]
        yield from on(_after(secret, when), on_gateway.after_keys(secrets["write"], when))
        keys.path.unlink(missing_ok=True)


def intrude_others(port_of: PortOf) -> Iterator[Outcome]:
    """The outcomes on the ports of the other services."""
    for attempt in without_keys.other_services():
        yield attempted(attempt, port_of(attempt.service))


def _wait_for_keys(ports: Iterable[int], count: int) -> None:
    """Returns when each service has read that `count` keys are valid."""
    end = time.monotonic() + _PATIENCE_S
    for port in ports:
        while httpx.get(f"http://127.0.0.1:{port}/status").json()["access"]["keys"] != count:
            if time.monotonic() > end:
                raise TimeoutError(f"the service on port {port} has not read its {count} keys")
            time.sleep(0.02)


def _made(keys: KeyFile) -> tuple[dict[str, str], str]:
    now = datetime.now(UTC)
    made = {name: keys.create(name, [Scope(name)], now) for name in _SCOPES}
    revoked, secret = keys.create("revoked", list(Scope), now)
    keys.revoke(revoked.key_id)
    secrets = {name: secret for name, (_, secret) in made.items()}
    return {**secrets, "revoked": secret, "unknown": "ratchet_" + "x" * 43}, made["write"][0].digest


def _after(secret: str, when: str) -> Iterator[Attempt]:
    for who, headers in (("none", {}), ("revoked", {"X-Api-Key": secret})):
        calls = chain(
            (("POST", path) for path in ("/v1/feedback", "/v1/traces", "/v1/commands/rollback")),
            [("GET", "/v1/experiences")],
        )
        for method, path in calls:
            raw = request(method, path, headers, b"{}" if method == "POST" else b"")
            yield Attempt(who, f"{method} {path} after {when}", raw, (401,))
