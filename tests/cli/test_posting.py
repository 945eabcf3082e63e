"""The posting client: retries until a call is accepted, and never repeats a rejected one."""

from datetime import UTC, datetime

import httpx
import pytest

from ratchet.command_line import NoAnswer, post_until_answered
from ratchet_cli.client.post_all import post_all
from simulator.turn import Call

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CALLS = [Call(NOW, "/v1/feedback", {"query_id": str(number)}) for number in range(3)]


def client(*answers: int | Exception) -> tuple[httpx.AsyncClient, list[bytes]]:
    """A client whose server answers with `answers` in order, then 202, and the bodies it gets."""
    remaining = list(answers)
    bodies: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(request.content)
        status = remaining.pop(0) if remaining else 202
        if isinstance(status, Exception):
            raise status
        return httpx.Response(status, json={"error": "rating: Input should be 'up' or 'down'"})

    transport = httpx.MockTransport(answer)
    return httpx.AsyncClient(transport=transport, base_url="http://intake"), bodies


async def test_calls_to_an_unavailable_server_are_retried_in_order():
    intake, bodies = client(503, httpx.ConnectError("refused"), 202)
    posted = await post_all(intake, CALLS)
    assert (posted.accepted, posted.retries, posted.rejected) == (3, 2, [])
    assert [body[-3:-2] for body in bodies] == [b"0", b"0", b"0", b"1", b"2"]


@pytest.mark.parametrize("status", [429, 503])
async def test_a_retry_waits_as_long_as_retry_after_demands(
    monkeypatch: pytest.MonkeyPatch, status: int
):
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("asyncio.sleep", sleep)
    answers = [httpx.Response(status, headers={"Retry-After": "7"}), httpx.Response(202)]
    transport = httpx.MockTransport(lambda request: answers.pop(0))
    intake = httpx.AsyncClient(transport=transport, base_url="http://intake")
    response, _ = await post_until_answered(intake, "/v1/feedback", {}, patience_s=60)
    assert (response.status_code, waits) == (202, [7.0])


async def test_no_retry_begins_after_the_patience():
    intake, bodies = client(*[httpx.ConnectError("refused")] * 3)
    with pytest.raises(NoAnswer, match="refused"):
        await post_until_answered(intake, "/v1/feedback", {}, patience_s=0)
    assert len(bodies) == 1


async def test_a_rejected_call_is_reported_with_its_reason_and_not_repeated():
    intake, bodies = client(422)
    posted = await post_all(intake, CALLS)
    assert (posted.accepted, len(posted.rejected), len(bodies)) == (2, 1, 3)
    assert "rating" in posted.rejected[0]


async def test_a_retry_after_beyond_the_patience_gives_up_at_once():
    transport = httpx.MockTransport(lambda _: httpx.Response(503, headers={"Retry-After": "61"}))
    intake = httpx.AsyncClient(transport=transport, base_url="http://intake")
    with pytest.raises(NoAnswer, match="503"):
        await post_until_answered(intake, "/v1/feedback", {}, patience_s=60)
