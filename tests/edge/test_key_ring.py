"""The time of a key check reveals nothing about the keys."""

from datetime import UTC, datetime
from hmac import compare_digest
from pathlib import Path

import pytest

from ratchet_edge.keys import key_ring
from ratchet_edge.keys.key_file import KeyFile, digest_of
from ratchet_edge.keys.key_ring import KeyRing


def test_every_digest_is_compared_in_constant_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = KeyFile(tmp_path)
    made = [file.create(name, ["read"], datetime.now(UTC)) for name in ("a", "b", "c")]
    compared: list[tuple[str, str]] = []

    def noted(one: str, other: str) -> bool:
        compared.append((one, other))
        return compare_digest(one, other)

    monkeypatch.setattr(key_ring, "compare_digest", noted)
    ring = KeyRing(file)
    for secret, expected in [*((secret, key) for key, secret in made), ("a stranger's", None)]:
        compared.clear()
        assert ring.key_of(secret) == expected
        assert compared == [(key.digest, digest_of(secret)) for key, _ in made]
