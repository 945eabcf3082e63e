"""Requests in any encoding, with invalid items, ids in every spelling and unusual numbers."""

import codecs
import json
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from ratchet.contract import EXAMPLES, EXPERIENCES, FEEDBACK, TRACES
from ratchet_testing.running_intake import api, events

QUERY_ID = "7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01"
FEEDBACK_PATH = "/api/layer2/feedback/"
UP = {"query_id": QUERY_ID, "rating": "up"}
ANSWERED = {"query_id": QUERY_ID, "transcript": "Kühlwasserdruck?"}
GOOD = b'{"query_id": "q-1", "transcript": "power?"}'


def with_transcript(text: str) -> bytes:
    return b'{"query_id": "q-2", "transcript": %s}' % text.encode()


def with_value(value: bytes) -> bytes:
    return b'{"query_id": "q-2", "fixtures": {"kpi": {"value": %s}}}' % value


BAD_ITEMS = [
    (with_transcript(r'"\ud83d"'), "transcript", "surrogate"),
    (with_transcript(r'"\ud83d and more"'), "transcript", "surrogate"),
    (with_transcript(r'"\ude00\ud83d"'), "transcript", "surrogate"),
    (b'{"query_id": "q-2", "\\ud83d": 1}', "", "surrogate"),
    (with_transcript('"a\nb"'), "transcript", "control character"),
    (with_transcript('"a\x00b"'), "transcript", "control character"),
    (with_value(b"NaN"), "fixtures.kpi.value", "finite number"),
    (with_value(b"-Infinity"), "fixtures.kpi.value", "finite number"),
    (with_value(b"9" * 5_000), "fixtures.kpi.value", "finite number"),
    (with_value(b"-" + b"9" * 5_000), "fixtures.kpi.value", "finite number"),
    (with_value(b"9" * 400), "fixtures", "1.8e308"),
    (with_value(b"1e400"), "fixtures", "1.8e308"),
    (with_value(b"[" * 190 + b"]" * 190), "fixtures.kpi.value", "nested too deeply"),
    (with_value(b"[" * 50_000 + b"]" * 50_000), "fixtures.kpi.value", "nested too deeply"),
    (with_value(b"nul"), "fixtures.kpi.value", "not valid JSON"),
    (b"nul", "", "not valid JSON"),
    (b'{"query_id": "q-2", "processing_time_ms": 1e400}', "processing_time_ms", "finite"),
    (b'{"query_id": "q-2", "processing_time_ms": %s}' % (b"9" * 400), "processing_time_ms", ""),
    (b'{"query_id": "q-2", "transcript": 7}', "transcript", "string"),
    (b"7", "", "JSON object"),
    (b"[]", "", "JSON object"),
]


@pytest.mark.parametrize(("bad", "field", "reason"), BAD_ITEMS)
async def test_an_invalid_item_affects_no_other_item_of_its_array(
    client: httpx.AsyncClient, redis: Redis, bad: bytes, field: str, reason: str
):
    body = b"[" + GOOD + b", " + bad + b",\n" + GOOD.replace(b"q-1", b"q-3") + b"]"
    answer = await client.post("/v1/experiences", content=body)
    assert (answer.status_code, answer.json()["accepted"]) == (202, 2), answer.text
    [problem] = answer.json()["problems"]
    assert problem["index"] == 1
    assert problem["field"].startswith(field)
    assert reason in problem["message"]
    stored = [event.experience.query_id for event in await events(redis, EXPERIENCES)]
    assert stored == ["q-1", "q-3"]


@pytest.mark.parametrize(("bad", "field", "reason"), BAD_ITEMS[:15])
async def test_an_invalid_single_item_gets_the_same_message(
    client: httpx.AsyncClient, bad: bytes, field: str, reason: str
):
    answer = await client.post("/v1/experiences", content=bad)
    assert answer.status_code == 422
    [problem] = answer.json()["problems"]
    assert problem["field"].startswith(field)
    assert reason in problem["message"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[", b'{"a": 1', b'[{"a": 1} {"b": 2}]', b"[1,]", b"hello", b'["a]', b"]", b"{]",
     b"[[[[" * 500_000, b'{"a":' * 10_000, b'[{"query_id": "q"}', b'{"a": 1}}', b'{"a": 1} x'],
)  # fmt: skip
async def test_a_body_that_is_not_json_has_one_problem(client: httpx.AsyncClient, body: bytes):
    answer = await client.post("/v1/experiences", content=body)
    assert answer.status_code == 422
    assert answer.json()["error"].startswith("body: ")
    assert answer.json()["problems"] == []


TEXT = json.dumps([ANSWERED], ensure_ascii=False)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (codecs.BOM_UTF8 + TEXT.encode(), ""),
        (TEXT.encode("utf-16"), ""),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), ""),
        (TEXT.encode("utf-16-le"), ""),
        (TEXT.encode("utf-16-be"), ""),
        (TEXT.encode("utf-16-le"), "application/json; charset=utf-16"),
        (TEXT.encode("utf-32"), ""),
        (codecs.BOM_UTF32_BE + TEXT.encode("utf-32-be"), ""),
        (TEXT.encode("latin-1"), "application/json; charset=iso-8859-1"),
        (TEXT.encode("cp1252"), 'application/json; charset="windows-1252"'),
        (TEXT.encode("cp437"), "text/plain;charset=cp437"),
        (TEXT.encode(), "application/json; charset=utf-8"),
        (TEXT.encode(), "application/json; charset=unheard-of"),
        (TEXT.encode(), "application/json; charset=utf-16"),
    ],
)
async def test_a_body_may_have_any_encoding_that_can_be_detected(
    client: httpx.AsyncClient, redis: Redis, body: bytes, content_type: str
):
    headers = {"Content-Type": content_type} if content_type else {}
    answer = await client.post("/v1/experiences", content=body, headers=headers)
    assert answer.status_code == 202, answer.text
    [event] = await events(redis, EXPERIENCES)
    assert event.experience.transcript == "Kühlwasserdruck?"


@pytest.mark.parametrize("path", ["/v1/commands/rollback", "/v1/rank", FEEDBACK_PATH])
async def test_every_route_reads_every_encoding(client: httpx.AsyncClient, path: str):
    body = {"requested_by": "maria", "transcript": "power?", "candidates": ["kpi"], **UP}
    if path.endswith("rollback"):
        body = {"requested_by": "maria"}
    answer = await client.post(path, content=json.dumps(body).encode("utf-16"))
    assert answer.is_success, answer.text


@pytest.mark.parametrize(
    ("body", "content_type", "named"),
    [
        (TEXT.encode("latin-1"), "application/json", "UTF-8"),
        (TEXT.encode("latin-1"), "application/json; charset=unheard-of", "unheard-of"),
        (TEXT.encode("latin-1"), "application/json; charset=unicode_escape", "is not a charset"),
        (b"{\0a-b" + b"b9" * 1_000, "application/json; charset=punycode", "is not a charset"),
        (TEXT.encode("shift_jis", "replace") + b"\x81", "x; charset=shift_jis", "shift_jis"),
        (codecs.BOM_UTF16_LE + b"[\x00\xff", "application/json", "UTF-16"),
    ],
)
async def test_an_unknown_encoding_is_refused_with_the_remedy(
    client: httpx.AsyncClient, body: bytes, content_type: str, named: str
):
    body = body if named != "shift_jis" else b'["\xff\xff"]'
    headers = {"Content-Type": content_type}
    answer = await client.post("/v1/experiences", content=body, headers=headers)
    assert answer.status_code == 422
    assert named in answer.json()["error"]
    assert "send UTF-8" in answer.json()["error"]


@pytest.mark.parametrize(
    "sent",
    [QUERY_ID.upper(), f"{{{QUERY_ID}}}", f"urn:uuid:{QUERY_ID}", QUERY_ID.replace("-", "")],
)
async def test_a_thumb_reaches_its_answer_under_any_spelling_of_the_id(
    client: httpx.AsyncClient, redis: Redis, sent: str
):
    answer = await client.post(FEEDBACK_PATH, json={**UP, "query_id": sent})
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "updated": True})
    await client.post("/v1/feedback", json={**UP, "query_id": sent})
    await client.post("/v1/corrections", json={"query_id": sent, "correction_text": "pump 2"})
    assert {event.feedback.query_id for event in await events(redis, FEEDBACK)} == {QUERY_ID}


async def test_an_answer_has_one_id_under_every_spelling_that_is_sent(
    client: httpx.AsyncClient, redis: Redis
):
    spelled = (QUERY_ID, QUERY_ID.upper(), f"{{{QUERY_ID}}}", "Ku\u0308hlung-1", "K\u00fchlung-1")
    items = [{**ANSWERED, "query_id": one} for one in spelled]
    assert (await client.post("/v1/experiences", json=items)).json()["accepted"] == 5
    recorded = [event.experience.query_id for event in await events(redis, EXPERIENCES)]
    assert recorded == [QUERY_ID] * 3 + ["K\u00fchlung-1"] * 2


async def test_numbers_are_ids_and_event_ids_have_one_spelling(
    client: httpx.AsyncClient, redis: Redis
):
    item = {**ANSWERED, "query_id": 4711, "user_id": 17, "event_id": QUERY_ID.upper()}
    again = {**item, "query_id": "4711", "event_id": f"{{{QUERY_ID}}}"}
    answer = await client.post("/v1/experiences", json=[item, again])
    assert answer.json() == {"accepted": 2, "repeated": 1, "problems": []}
    [event] = await events(redis, EXPERIENCES)
    assert (event.experience.query_id, event.experience.user_id) == ("4711", "17")
    assert event.event_id == QUERY_ID


@pytest.mark.parametrize(
    ("path", "field", "value"),
    [
        *[
            ("/v1/experiences", "query_id", value)
            for value in ("a\nb", "a\x00b", "..", "a/../b", "\u202eq", "", "  ", True, 1.5, [], {})
        ],
        ("/v1/experiences", "user_id", "a\u200bb"),
        ("/v1/experiences", "user_id", False),
        ("/v1/experiences", "decision_id", "a\tb"),
        ("/v1/experiences", "event_id", "ünicode-1"),
        ("/v1/feedback", "query_id", "x" * 129),
        ("/v1/feedback", "user_id", 1e400),
        ("/v1/corrections", "query_id", "a\nb"),
        ("/v1/traces", "trace_id", "a\nb"),
        ("/v1/traces", "query_id", True),
        ("/v1/rank", "user_id", "a\nb"),
    ],
)
async def test_an_id_that_could_not_be_read_back_is_refused_with_its_field(
    client: httpx.AsyncClient, path: str, field: str, value: Any
):
    body = {
        **ANSWERED, "rating": "up", "correction_text": "pump 2", "prompt": "Power of pump 1?",
        "answer": "Pump 1 draws 45.2 kilowatts now.", "candidates": ["kpi"], field: value,
    }  # fmt: skip
    answer = await client.post(path, content=json.dumps(body))
    assert answer.status_code == 422
    assert field in [problem["field"] for problem in answer.json()["problems"]]


YEAR_ONE = "0001-01-01T00:00:00+01:00"
TOUCH = {"widget_index": 0, "action": "view"}
PAIR = {
    "prompt": "What is the power of pump 001?",
    "chosen": "Pump 001 draws 45.2 kilowatts.",
    "rejected": "Let me look at that for you.",
    "chosen_reward": 0.8,
    "rejected_reward": -0.5,
}
TRACE = {"prompt": PAIR["prompt"], "answer": "Pump 001 draws 45.2 kilowatts right now."}
TIMED = [
    ("/v1/experiences", ANSWERED, "timestamp"),
    ("/v1/experiences", ANSWERED, "occurred_at"),
    ("/v1/feedback", UP, "occurred_at"),
    ("/v1/corrections", {"query_id": "q", "correction_text": "pump 2"}, "occurred_at"),
    ("/v1/pairs", PAIR, "timestamp"),
    ("/v1/traces", TRACE, "timestamp"),
]


@pytest.mark.parametrize(("path", "body", "field"), TIMED)
@pytest.mark.parametrize("value", [YEAR_ONE, "9999-12-31T23:59:59Z", "", True, -1, "yesterday"])
async def test_an_invalid_time_is_refused_with_field_and_example(
    client: httpx.AsyncClient, path: str, body: dict[str, Any], field: str, value: Any
):
    answer = await client.post(path, json={**body, field: value})
    assert answer.status_code == 422
    [problem] = answer.json()["problems"]
    assert problem["field"] == field
    assert "such as 2026-03-01T08:30:00Z" in problem["message"]


@pytest.mark.parametrize(("path", "body", "field"), TIMED)
@pytest.mark.parametrize("value", ["1764103112345", 1764103112345, "2025-11-25T21:38:32.345"])
async def test_every_route_reads_times_in_the_same_way(
    redis: Redis, valkey_url: str, path: str, body: dict[str, Any], field: str, value: Any
):
    async with api(valkey_url, ingest_naive_zone="Europe/Vienna") as client:
        answer = await client.post(path, json={**body, field: value})
    assert answer.status_code == 202, answer.text
    stream = {"/v1/experiences": EXPERIENCES, "/v1/pairs": EXAMPLES, "/v1/traces": TRACES}
    [event] = await events(redis, stream.get(path, FEEDBACK))
    at = event.experience.timestamp if (path, field) == TIMED[0][::2] else event.occurred_at
    assert at.isoformat() == "2025-11-25T20:38:32.345000+00:00"


async def test_the_time_of_an_interaction_is_read_like_any_other(
    client: httpx.AsyncClient, redis: Redis
):
    touches = [{**TOUCH, "timestamp": at} for at in ("1764103112", 1764103112.0)]
    await client.post("/v1/feedback", json={**UP, "interactions": touches})
    [event] = await events(redis, FEEDBACK)
    assert {one.timestamp.isoformat() for one in event.feedback.interactions} == {
        "2025-11-25T20:38:32+00:00"
    }
    refused = await client.post(
        "/v1/feedback", json={**UP, "interactions": [TOUCH, {**TOUCH, "timestamp": YEAR_ONE}]}
    )
    [problem] = refused.json()["problems"]
    assert problem["field"] == "interactions.1.timestamp"


async def test_a_pair_with_a_wrong_answer_names_only_that_field(client: httpx.AsyncClient):
    answer = await client.post("/v1/pairs", json={**PAIR, "chosen": ["a"]})
    assert [one["field"] for one in answer.json()["problems"]] == ["chosen"]


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [
        ("/v1/feedback", {**UP, "rating_value": 5}, "rating_value: did you mean rating?"),
        ("/v1/feedback", {**UP, "userId": "maria"}, "userId: did you mean user_id?"),
        ("/v1/feedback", {**UP, "user_rating": "up"}, "user_rating: did you mean rating?"),
        ("/v1/feedback", {**UP, "zzz": 1}, "zzz: "),
        ("/v1/experiences", {**ANSWERED, "userRating": 1}, "userRating: did you mean user_rating?"),
        ("/v1/experiences", {**ANSWERED, "rating": "up"}, "rating: did you mean user_rating?"),
        ("/v1/experiences", {**ANSWERED, "answer": "A"}, "answer: did you mean voice_response?"),
        (FEEDBACK_PATH, {**UP, "Rating": "up"}, "Rating: did you mean rating?"),
    ],
)
async def test_an_unknown_field_is_named_in_the_answer(
    client: httpx.AsyncClient, path: str, body: dict[str, Any], named: str
):
    answer = await client.post(path, json=body)
    assert answer.is_success
    [warning] = answer.json()["warnings"]
    field, _, suggestion = named.partition(": ")
    assert (warning["index"], warning["field"]) == (0, field)
    assert "is unknown and was ignored" in warning["message"]
    assert suggestion in warning["message"]


async def test_a_misspelled_field_explains_why_an_item_was_refused(client: httpx.AsyncClient):
    answer = await client.post("/v1/feedback", json={"queryId": QUERY_ID, "rating": "up", "x": 1})
    problems = [(one["field"], one["message"]) for one in answer.json()["problems"]]
    assert problems == [
        ("query_id", "Field required"),
        ("queryId", "is unknown; did you mean query_id?"),
    ]


async def test_the_usual_words_for_question_and_answer_name_the_fields_to_send(
    client: httpx.AsyncClient,
):
    sent = {"query_id": QUERY_ID, "question": "Which pump?", "answer": "Pump 1."}
    refused = (await client.post("/v1/experiences", json=sent)).json()["problems"]
    assert [(one["field"], one["message"]) for one in refused[1:]] == [
        ("question", "is unknown; did you mean transcript?"),
        ("answer", "is unknown; did you mean voice_response?"),
    ]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/feedback", {"query_id": QUERY_ID, "user_id": "maria"}),
        ("/v1/feedback", {"query_id": QUERY_ID, "rating": None, "x": 1}),
        ("/v1/experiences", {"query_id": QUERY_ID}),
        ("/v1/experiences", {"query_id": QUERY_ID, "timestamp": 1764103112, "event_id": "e" * 8}),
        (FEEDBACK_PATH, {"query_id": QUERY_ID}),
    ],
)  # fmt: skip
async def test_an_item_without_content_is_refused(
    client: httpx.AsyncClient, redis: Redis, path: str, body: dict[str, Any]
):
    answer = await client.post(path, json=body)
    assert answer.status_code == (400 if path == FEEDBACK_PATH else 422)
    assert "has no content besides its ids; send one of" in answer.json()["error"]
    assert await events(redis, FEEDBACK) + await events(redis, EXPERIENCES) == []
