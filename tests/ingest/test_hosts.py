"""DNS rebinding: while there is no key, a request names a host of this machine."""

from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from redis.asyncio import Redis

from ratchet.contract import COMMANDS
from ratchet.service import Hosts, known_hosts
from ratchet.setting_types import host_name
from ratchet.settings import CommonSettings
from ratchet_testing.running_intake import api, events

from .test_authentication import key

APPROVE = "/api/layer2/approve-training/"
OURS = (
    "127.0.0.1:8600",
    "127.8.9.10",
    "localhost",
    "LOCALHOST:1",
    "localhost.",
    "a.localhost:80",
    "[::1]:8600",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]:8600",
    "Ratchet.Plant.:8100",
)
FOREIGN = (
    "evil.example:8600",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "evil.example.",
    "evillocalhost",
    "127.1",
    "2130706433",
    "0.0.0.0",  # noqa: S104
    "[::]",
    "[::ffff:10.0.0.1]",
    "10.0.0.1",
    "127.0.0.1@evil.example",
    "evil.example@127.0.0.1",
    "127.0.0.1:8600, evil.example",
    "127.0.0.1:8600:1",
    "127.0.0.1:x",
    "::1",
    "",
)


def refusal(*hosts: str, listens_on: str = "127.0.0.1", **headers: str) -> str | None:
    sent = [(b"Host", host.encode()) for host in hosts]
    sent += [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Hosts(listens_on, ("ratchet.plant",)).refusal(sent)


@pytest.mark.parametrize("host", OURS)
def test_names_and_addresses_of_loopback_and_listed_names_are_admitted(host: str):
    assert refusal(host) is None


@pytest.mark.parametrize("host", FOREIGN)
def test_other_hosts_are_refused_with_the_setting(host: str):
    assert "RATCHET_ALLOWED_HOSTS" in (refusal(host) or "")


def test_one_host_header_is_required():
    assert "not 0" in (refusal() or "")
    assert "not 2" in (refusal("127.0.0.1", "evil.example") or "")


@pytest.mark.parametrize(
    ("host", "headers", "admitted"),
    [
        ("ratchet.plant", {"X_Forwarded_For": "10.0.0.9"}, True),
        ("ratchet.plant", {"X_Forwarded_Host": "ratchet.plant:8100"}, True),
        ("ratchet.plant", {"Forwarded": 'for=10.0.0.9;host="ratchet.plant"'}, True),
        ("127.0.0.1", {"X_Forwarded_For": "10.0.0.9"}, False),
        ("127.0.0.1", {"X_Forwarded_Host": "ratchet.plant"}, False),
        ("ratchet.plant", {"X_Forwarded_Host": "evil.example"}, False),
        ("ratchet.plant", {"X_Forwarded_Host": "ratchet.plant, evil.example"}, False),
        ("ratchet.plant", {"Forwarded": "for=10.0.0.9;host=evil.example"}, False),
    ],
)
def test_a_forwarded_request_needs_a_listed_host_because_a_proxy_may_replace_it(
    host: str, headers: dict[str, str], admitted: bool
):
    assert (refusal(host, **headers) is None) is admitted


@pytest.mark.parametrize(
    ("host", "admitted"),
    [
        ("trainer:8102", True),
        ("10.1.2.3:8102", True),
        ("[fd00::7]:8102", True),
        ("localhost", True),
        ("evil.example:8102", False),
    ],
)
def test_a_service_on_a_network_is_called_by_addresses_and_names_without_a_dot(
    host: str, admitted: bool
):
    assert (refusal(host, listens_on="0.0.0.0") is None) is admitted  # noqa: S104


@given(st.text(max_size=30))
def test_any_host_has_a_plain_name_or_none(host: str):
    name = host_name(host)
    assert name is None or host_name(name) == name or ":" in name
    refusal(host.encode("latin-1", "replace").decode("latin-1"))


def test_a_listed_host_that_is_malformed_is_refused_at_the_start():
    with pytest.raises(ValidationError, match="not the name of a host"):
        CommonSettings(allowed_hosts=("http://ratchet.plant",))
    assert CommonSettings(allowed_hosts="A.plant:80, b").allowed_hosts == ("a.plant", "b")  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["/api/layer2/rl-history/", "/v1/experiences", "/status"])
async def test_a_page_whose_name_was_rebound_reads_nothing(client: httpx.AsyncClient, path: str):
    answer = await client.get(path, headers={"Host": "evil.example:8600"})
    assert answer.status_code == 403
    assert "RATCHET_ALLOWED_HOSTS" in answer.json()["error"]


async def test_a_page_whose_name_was_rebound_starts_no_run(client: httpx.AsyncClient, redis: Redis):
    evil = {"Host": "evil.example:8600", "Origin": "http://evil.example:8600"}
    assert (await client.post(APPROVE, headers=evil)).status_code == 403
    assert await events(redis, COMMANDS) == []


async def test_with_keys_the_host_is_free_and_listed_hosts_hold_where_no_key_is_needed(
    redis: Redis, valkey_url: str, tmp_path: Path
):
    headers = {"Host": "ratchet.example", "X-Api-Key": key(tmp_path, "read")}
    for listed, status in (((), 200), (("panel.plant",), 403)):
        async with api(valkey_url, data_dir=tmp_path, allowed_hosts=listed) as client:
            assert (await client.get("/status", headers=headers)).status_code == 200
            assert (await client.get("/v1/experiences", headers=headers)).status_code != 403
            history = "/api/layer2/rl-history/"
            answer = await client.get(history, headers=headers)
            assert (answer.status_code == 403) is (status == 403)


async def test_the_other_services_refuse_such_pages_too():
    async def app(scope: object, receive: object, send: object) -> None:
        raise AssertionError("it was called")

    transport = httpx.ASGITransport(known_hosts(app, CommonSettings()))
    async with httpx.AsyncClient(transport=transport, base_url="http://evil.example") as client:
        answer = await client.get("/status")
    assert answer.status_code == 403
    assert "RATCHET_ALLOWED_HOSTS" in answer.json()["error"]
