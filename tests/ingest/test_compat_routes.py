"""The routes of the Command Center's page and its evaluator."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from ratchet.contract import COMMANDS, FEEDBACK, TrainingRequested
from ratchet_testing.running_intake import api, events
from ratchet_testing.valkey import free_port

FEEDBACK_PATH = "/api/layer2/feedback/"
QUERY_ID = "7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01"
JUDGED = {
    "evaluation_confidence": 0.92,
    "evaluation_reasoning": "the value that was asked for",
    "query_understanding": "the power of one pump",
    "per_widget_feedback": [
        {
            "widget_index": 1,
            "widget_type": "kpi",
            "appropriateness_score": 0.9,
            "size_appropriate": True,
            "issues": [],
            "strengths": ["one number"],
        }
    ],
    "missing_widgets": [],
    "suggested_improvements": ["a trend"],
    "voice_quality_scores": {"groundedness": 0.9},
    "voice_evaluation_confidence": 0.8,
    "voice_evaluation_reasoning": "short",
    "voice_dimension_scores_claude": {"conciseness": 0.9},
    "follow_up_type": "satisfied",
}


def feedback(**changes: Any) -> dict[str, Any]:
    return {"query_id": QUERY_ID, "rating": "up", **changes}


@pytest.fixture
async def client(redis: Redis, valkey_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with api(valkey_url, ingest_feedback_per_minute=1000) as client:
        yield client


async def test_a_rating_with_interactions_and_a_correction_is_accepted(
    client: httpx.AsyncClient, redis: Redis
):
    touches = [{"widget_index": 0, "action": "expand", "duration_ms": 900}]
    sent = feedback(rating="down", interactions=touches, correction="I meant pump 002")
    response = await client.post(FEEDBACK_PATH, json=sent)
    assert (response.status_code, response.json()) == (200, {"status": "ok", "updated": True})
    [event] = await events(redis, FEEDBACK)
    assert event.feedback.rating == "down"
    assert event.feedback.interactions[0].widget_index == 0
    assert event.feedback.correction == "I meant pump 002"


async def test_every_field_of_the_judge_is_accepted(client: httpx.AsyncClient, redis: Redis):
    assert (await client.post(FEEDBACK_PATH, json=feedback(**JUDGED))).status_code == 200
    [event] = await events(redis, FEEDBACK)
    feedback_sent = event.feedback.model_dump(mode="json")
    assert {name: feedback_sent[name] for name in JUDGED} == JUDGED
    assert event.feedback.per_widget_feedback[0].position == 0
    assert event.feedback.missing_widgets == ()


async def test_feedback_without_a_rating_is_accepted(client: httpx.AsyncClient, redis: Redis):
    sent = {"query_id": QUERY_ID, "rating": None, "interactions": []}
    assert (await client.post(FEEDBACK_PATH, json=sent)).status_code == 200
    [event] = await events(redis, FEEDBACK)
    assert (event.feedback.rating, event.feedback.interactions) == (None, ())


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        ({"rating": "up"}, "query_id"),
        (feedback(query_id="question-7"), "query_id"),
        (feedback(query_id=7), "query_id"),
        (feedback(rating="sideways"), "rating"),
        (feedback(rating=1), "rating"),
        (feedback(interactions=[{"widget_index": 0, "action": "view"}] * 51), "interactions"),
        (feedback(interactions="many"), "interactions"),
        (feedback(correction="x" * 501), "correction"),
        ([feedback()], "body"),
        ("up", "body"),
        (None, "body"),
    ],
)
async def test_an_invalid_field_is_400_and_named(
    client: httpx.AsyncClient, redis: Redis, sent: Any, named: str
):
    response = await client.post(FEEDBACK_PATH, json=sent)
    assert response.status_code == 400
    assert set(response.json()) == {"error"}
    assert response.json()["error"].startswith(f"{named}: ")
    assert await events(redis, FEEDBACK) == []


@pytest.mark.parametrize(
    ("fault", "named", "read"),
    [
        (
            {
                "per_widget_feedback": [
                    {"widget_index": 0, "appropriateness_score": 0.9},
                    {"widget_index": 1, "appropriateness_score": 0.2},
                ]
            },
            None,
            {"per_widget_feedback": [(1, 0.9), (2, 0.2)]},
        ),
        (
            {"per_widget_feedback": [{"widget_index": 1, "appropriateness_score": 1.05}]},
            "per_widget_feedback.0.appropriateness_score",
            {"per_widget_feedback": [(1, None)]},
        ),
        (
            {"per_widget_feedback": [{"widget_index": 2, "issues": "none"}]},
            "per_widget_feedback.0.issues",
            {"per_widget_feedback": [(2, None)]},
        ),
        (
            {"per_widget_feedback": [{"appropriateness_score": 0.5}, {"widget_index": 1}]},
            "per_widget_feedback.0.widget_index",
            {"per_widget_feedback": [(1, None)]},
        ),
        ({"per_widget_feedback": {}}, "per_widget_feedback", {"per_widget_feedback": None}),
        ({"evaluation_confidence": 95}, "evaluation_confidence", {"evaluation_confidence": None}),
        ({"evaluation_confidence": 1.2}, "evaluation_confidence", {"evaluation_confidence": None}),
        ({"missing_widgets": "none"}, "missing_widgets", {"missing_widgets": None}),
        ({"follow_up_type": "liked it"}, "follow_up_type", {"follow_up_type": None}),
        (
            {"interactions": [{"widget_index": -1, "action": "view"}]},
            "interactions.0.widget_index",
            {"interactions": ()},
        ),
        ({"user_id": ["ann"]}, "user_id", {"user_id": ""}),
    ],
)
async def test_a_judge_that_is_slightly_off_loses_only_the_field(
    client: httpx.AsyncClient,
    redis: Redis,
    fault: dict[str, Any],
    named: str | None,
    read: dict[str, Any],
):
    sent = feedback(rating="down", query_understanding="pumps", **fault)
    response = await client.post(FEEDBACK_PATH, json=sent)
    assert (response.status_code, response.json()["updated"]) == (200, True)
    assert [one["field"] for one in response.json().get("warnings", [])] == [named][: bool(named)]
    [event] = await events(redis, FEEDBACK)
    assert (event.feedback.rating, event.feedback.query_understanding) == ("down", "pumps")
    for name, value in read.items():
        stored = getattr(event.feedback, name)
        if name == "per_widget_feedback" and stored is not None:
            stored = [(one.widget_index, one.appropriateness_score) for one in stored]
        assert stored == value


@pytest.mark.parametrize("form", ["{}", "{{{}}}", "urn:uuid:{}"])
@pytest.mark.parametrize("spelled", [str.upper, lambda text: text.replace("-", "")])
async def test_another_spelling_of_the_id_reaches_the_answer(
    client: httpx.AsyncClient, redis: Redis, form: str, spelled: Any
):
    sent = feedback(query_id=form.format(spelled(QUERY_ID)))
    assert (await client.post(FEEDBACK_PATH, json=sent)).status_code == 200
    [event] = await events(redis, FEEDBACK)
    assert event.feedback.query_id == QUERY_ID


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"NaN", b"[" * 100_000])
async def test_a_body_that_is_not_json_is_400(client: httpx.AsyncClient, content: bytes):
    response = await client.post(FEEDBACK_PATH, content=content)
    assert (response.status_code, set(response.json())) == (400, {"error"})


async def test_the_largest_allowed_feedback_is_accepted(client: httpx.AsyncClient):
    touches = [{"widget_index": 0, "action": "view"}] * 50
    sent = feedback(interactions=touches, correction="x" * 500)
    assert (await client.post(FEEDBACK_PATH, json=sent)).status_code == 200


async def test_approve_training_publishes_a_training_request(
    client: httpx.AsyncClient, redis: Redis
):
    response = await client.post("/api/layer2/approve-training/")
    [event] = await events(redis, COMMANDS)
    assert isinstance(event, TrainingRequested)
    assert response.status_code == 200
    assert response.json() == {"status": "approved", "event_id": event.event_id}


@pytest.mark.parametrize("path", ["/api/layer2/feedback", "/api/layer2/approve-training"])
async def test_the_last_slash_is_optional_and_there_is_no_redirect(
    client: httpx.AsyncClient, path: str
):
    assert (await client.post(path, json=feedback())).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", FEEDBACK_PATH, 405), ("POST", "/api/layer2/nothing/", 404)],
)
async def test_errors_have_the_compatible_form(
    client: httpx.AsyncClient, method: str, path: str, status: int
):
    response = await client.request(method, path)
    assert (response.status_code, set(response.json())) == (status, {"error"})


async def test_feedback_requires_a_valid_key_if_there_are_keys(
    redis: Redis, valkey_url: str, tmp_path: Path
):
    from .test_authentication import key

    secret, operating = key(tmp_path, "feedback"), key(tmp_path, "operate")
    async with api(valkey_url, data_dir=tmp_path) as client:
        answers = [
            await client.post(FEEDBACK_PATH, json=feedback(), headers=headers)
            for headers in (
                {},
                {"X-Feedback-Key": "not-the-key-at-all"},
                {"X-Feedback-Key": secret},
            )
        ]
        approvals = [
            await client.post("/api/layer2/approve-training/", headers=headers)
            for headers in ({}, {"X-Feedback-Key": secret}, {"X-Feedback-Key": operating})
        ]
    assert [answer.status_code for answer in answers] == [403, 403, 200]
    assert set(answers[0].json()) == {"error"}
    assert [answer.status_code for answer in approvals] == [403, 403, 200]
    assert "operate" in approvals[0].json()["error"]
    assert len(await events(redis, FEEDBACK)) == 1


async def test_without_redis_the_answer_is_503_in_the_compatible_form():
    async with api(f"redis://127.0.0.1:{free_port()}/0") as client:
        response = await client.post(FEEDBACK_PATH, json=feedback())
    assert (response.status_code, set(response.json())) == (503, {"error"})
    assert response.headers["Retry-After"] == "5"
