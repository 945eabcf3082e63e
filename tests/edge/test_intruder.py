"""Every attempt of `benchmarks/intruder.py` on a running intake is refused as expected."""

from pathlib import Path

from http_load.process import INTAKE, server
from intrusion.intruder import intrude, intrude_others
from redis.asyncio import Redis


def test_every_attempt_on_the_intake_is_refused_with_its_status(
    redis: Redis, valkey_url: str, tmp_path: Path
):
    with server(INTAKE, valkey_url, tmp_path) as intake:
        outcomes = list(intrude(tmp_path, lambda _: intake.port))
    assert len(outcomes) >= 40
    assert {outcome.attempt.who for outcome in outcomes} >= {
        *("none", "unknown", "revoked"),
        *("write", "read", "feedback", "teach", "operate"),
    }
    assert [(o.attempt.name, o.statuses) for o in outcomes if not o.right] == []


def test_the_other_services_refuse_rebound_pages(valkey_url: str, tmp_path: Path):
    with server(("-m", "reward"), valkey_url, tmp_path) as reward:
        outcomes = list(intrude_others(lambda _: reward.port))
    assert [(o.attempt.name, o.statuses) for o in outcomes if not o.right] == []
