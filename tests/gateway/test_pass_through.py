"""Every recorded answer of two Ollamas and a llama-server passes through byte for byte."""

import asyncio
from collections.abc import Iterator

import pytest

from ratchet_testing.replaying_upstream import RecordedCase, replaying
from ratchet_testing.running_gateway import RunningGateway, running_gateway
from ratchet_testing.valkey import free_port

from .recorded_cases import cases

UPSTREAM = free_port()
OF_ONE_CONNECTION = {"connection", "transfer-encoding"}


@pytest.fixture(scope="module")
def gateway(valkey_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    folder = tmp_path_factory.mktemp("gateway")
    with running_gateway(
        valkey_url, folder, f"http://127.0.0.1:{UPSTREAM}", GATEWAY_PATHS="*"
    ) as running:
        yield running


async def exchange(port: int, one: RecordedCase) -> tuple[int, dict[str, str], bytes]:
    """The status, the headers and the plain body of the answer to the case's request."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = one.body or b""
    length = f"Content-Length: {len(body)}\r\n" if one.body is not None else ""
    head = f"{one.method} {one.path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n"
    writer.write(f"{head}{length}\r\n".encode() + body)
    raw = await reader.read()
    writer.close()
    answered, _, content = raw.partition(b"\r\n\r\n")
    status, *fields = answered.decode("latin-1").split("\r\n")
    headers = {n.lower(): v.strip() for n, _, v in (field.partition(":") for field in fields)}
    chunked = headers.get("transfer-encoding") == "chunked"
    return int(status.split()[1]), headers, plain(content) if chunked else content


def plain(content: bytes) -> bytes:
    """The chunks of a body, which has an end."""
    whole = b""
    while True:
        size, _, content = content.partition(b"\r\n")
        if int(size, 16) == 0:
            assert content == b"\r\n"
            return whole
        whole += content[: int(size, 16)]
        content = content[int(size, 16) + 2 :]


@pytest.mark.parametrize("one", cases(), ids=lambda one: one.id)
async def test_the_answer_is_the_servers(gateway: RunningGateway, one: RecordedCase):
    async with replaying(one, UPSTREAM) as upstream:
        status, headers, body = await exchange(gateway.port, one)
    assert (status, body) == (one.status, b"" if one.method == "HEAD" else one.answer)
    expected = {n.lower(): v for n, v in one.headers.items()}
    if one.length is not None:
        expected["content-length"] = str(one.length)
    headers.pop("x-ratchet-query", None)
    for name in OF_ONE_CONNECTION:
        expected.pop(name, None)
        headers.pop(name, None)
    assert headers == expected
    # The gateway itself asks for the versions of models, by a client that names itself.
    (received,) = [one for one in upstream.received if "user-agent" not in one.headers]
    assert received.line == f"{one.method} {one.path} HTTP/1.1"
    assert received.body == (one.body or b"")


def test_there_are_140_cases():
    assert len(cases()) == 140
