"""Rankings and the model in service."""

import httpx
import pytest

from ratchet_client import AsyncRatchet, NoModelAnswer, Ratchet
from ratchet_client.http_calls import model_of
from ratchet_client.ranking import callers_order

NOWHERE = "http://127.0.0.1:9"
CANDIDATES = [{"scenario": "trend", "relevance": 0.7}, "timeline", "map"]


def test_the_server_ranks_every_candidate(client: Ratchet):
    required = {"scenario": "alerts", "required": True}
    ranking = client.rank(
        "power of pump 1?",
        [*CANDIDATES, required],
        limit=2,
        user_id="maria",
        intent={"type": "query"},
        timeout_s=20,
    )
    assert sorted(widget.scenario for widget in ranking.ranking) == [
        "alerts",
        "map",
        "timeline",
        "trend",
    ]
    assert "alerts" in ranking.scenarios
    assert ranking.decision_id is not None


@pytest.mark.parametrize(
    ("required", "limit", "shown", "order"),
    [
        ((), None, 3, "abc"),
        ((), 2, 2, "abc"),
        (("c",), 2, 2, "acb"),
        (("b", "c"), 2, 2, "bca"),
        (("c",), 9, 3, "abc"),
    ],
)
def test_without_an_answer_the_order_is_the_callers_and_required_widgets_are_shown(
    required: tuple[str, ...], limit: int | None, shown: int, order: str
):
    candidates = [{"scenario": name, "required": name in required} for name in "abc"]
    ranking = callers_order(candidates, limit, "no answer")
    assert "".join(widget.scenario for widget in ranking.ranking) == order
    assert [widget.position for widget in ranking.ranking] == [0, 1, 2]
    assert [candidates[widget.index]["scenario"] for widget in ranking.ranking] == list(order)
    assert (ranking.shown, ranking.note) == (shown, "no answer: the caller's order")
    assert ranking.decision_id is None


async def test_a_ranking_never_raises():
    with Ratchet(NOWHERE, spool=None) as client:
        assert client.rank("power?", CANDIDATES).scenarios == ["trend", "timeline", "map"]
        assert client.rank("power?", ["kpi", {"scenario": object()}]).shown == 2
    async with AsyncRatchet(NOWHERE, spool=None) as client:
        assert (await client.rank("power?", CANDIDATES)).note is not None


def test_an_invalid_ranking_request_returns_the_callers_order_and_the_reason(client: Ratchet):
    ranking = client.rank("power?", ["kpi"], limit=0, timeout_s=20)
    assert ranking.note is not None
    assert "limit" in ranking.note


def test_there_is_no_model_in_service_at_first(client: Ratchet):
    assert client.model() is None


async def test_an_unreachable_server_is_not_mistaken_for_one_without_a_model():
    with Ratchet(NOWHERE, spool=None) as client, pytest.raises(NoModelAnswer, match="ConnectError"):
        client.model()
    async with AsyncRatchet(NOWHERE, spool=None) as client:
        with pytest.raises(NoModelAnswer, match="ConnectError"):
            await client.model()


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [(200, "<html>", "not a version"), (200, "{}", "not a version"), (503, "busy", "HTTP 503")],
)
def test_an_answer_that_is_no_version_is_named(status: int, body: str, reason: str):
    with pytest.raises(NoModelAnswer, match=reason):
        model_of(httpx.Response(status, text=body))


def test_a_version_is_read_with_fields_of_later_releases():
    model = model_of(httpx.Response(200, json={"version": "v3", "name": "n", "new": 1}))
    assert model is not None
    assert (model.version, model.name, model.model_extra) == ("v3", "n", {"new": 1})
