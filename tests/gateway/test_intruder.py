"""Every attempt of `benchmarks/intruder.py` on a running gateway is refused as expected."""

import pytest
from intrusion.attempt import Outcome
from intrusion.intruder import intrude
from intrusion.model_server import Reached, recording_model_server
from intrusion.on_gateway import ALLOWED

from ratchet_testing.running_gateway import running_gateway

Intrusion = tuple[list[Outcome], Reached]


@pytest.fixture(scope="module")
def intrusion(valkey_url: str, tmp_path_factory: pytest.TempPathFactory) -> Intrusion:
    folder = tmp_path_factory.mktemp("intruder")
    with (
        recording_model_server() as reached,
        running_gateway(valkey_url, folder, reached.url) as gateway,
    ):
        return list(intrude(folder, lambda _: gateway.port, ["gateway"])), reached


def test_every_attempt_on_the_gateway_is_refused_with_its_status(intrusion: Intrusion):
    outcomes, _ = intrusion
    assert len(outcomes) >= 40
    kinds = {"none", "unknown", "revoked", "write", "read", "teach", "operate"}
    assert {outcome.attempt.who for outcome in outcomes} == kinds
    assert [(o.attempt.name, o.statuses) for o in outcomes if not o.right] == []


def test_the_model_server_gets_only_the_calls_that_may_be_made(intrusion: Intrusion):
    outcomes, reached = intrusion
    allowed = [outcome for outcome in outcomes if 200 in outcome.attempt.statuses]
    calls = [(path, headers) for path, headers in reached.requests if path != "/api/ps"]
    asked = [path for path, headers in calls if not path.startswith(("/api/tags", "/api/version"))]
    assert asked == ["/api/chat"] * len(allowed)
    sent = str([headers for _, headers in calls])
    assert ALLOWED not in sent
    assert "x-ratchet" not in sent
    assert "x-api-key" not in sent
