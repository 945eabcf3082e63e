"""The posting client: sends until it is accepted, and never again what was refused."""

from datetime import UTC, datetime

import httpx
import pytest

from ratchet.command_line import NoAnswer, post_until_answered
from ratchet_cli.client.post_all import post_all
from simulator.timeline import Call

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CALLS = [Call(NOW, "/v1/feedback", {"query_id": str(number)}) for number in range(3)]


def client(*answers: int | Exception) -> tuple[httpx.AsyncClient, list[bytes]]:
    """A client whose server gives `answers` one after the other, then 202."""
    left = list(answers)
    seen: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.content)
        now = left.pop(0) if left else 202
        if isinstance(now, Exception):
            raise now
        return httpx.Response(now, json={"error": "rating: Input should be 'up' or 'down'"})

    transport = httpx.MockTransport(answer)
    return httpx.AsyncClient(transport=transport, base_url="http://intake"), seen


async def test_unavailable_servers_are_asked_again_in_order():
    intake, seen = client(503, httpx.ConnectError("refused"), 202)
    posted = await post_all(intake, CALLS)
    assert (posted.accepted, posted.retries, posted.rejected) == (3, 2, [])
    assert [body[-3:-2] for body in seen] == [b"0", b"0", b"0", b"1", b"2"]


async def test_a_server_that_says_when_to_come_back_is_asked_then(monkeypatch: pytest.MonkeyPatch):
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("asyncio.sleep", sleep)
    answers = [httpx.Response(503, headers={"Retry-After": "7"}), httpx.Response(202)]
    transport = httpx.MockTransport(lambda request: answers.pop(0))
    intake = httpx.AsyncClient(transport=transport, base_url="http://intake")
    response, _ = await post_until_answered(intake, "/v1/feedback", {}, patience_s=60)
    assert (response.status_code, waits) == (202, [7.0])


async def test_nobody_is_asked_longer_than_patience_lasts():
    intake, seen = client(*[httpx.ConnectError("refused")] * 3)
    with pytest.raises(NoAnswer, match="refused"):
        await post_until_answered(intake, "/v1/feedback", {}, patience_s=0)
    assert len(seen) == 1


async def test_a_refused_call_is_kept_with_its_reason_and_not_sent_again():
    intake, seen = client(422)
    posted = await post_all(intake, CALLS)
    assert (posted.accepted, len(posted.rejected), len(seen)) == (2, 1, 3)
    assert "rating" in posted.rejected[0]
