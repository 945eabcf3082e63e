"""Imported traces and pairs: usable ones are accepted, others are refused with a reason."""

from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from ratchet.contract import EXAMPLES, TRACES
from ratchet.measures import voice_prompt
from ratchet_testing.running_intake import api, events
from ratchet_truth import RequestedReading

THINKING = "One reading of one pump is asked for, and the prompt gives 45 kW for pump 001."
TRACE = {"prompt": "What is the power of pump 001?", "answer": "Pump 001 draws 45 kW right now."}
PAIR = {
    "prompt": "Be brief.\nUser question: What is the power of pump 001?\nResponse:",
    "chosen": "Pump 001 draws 45 kW.",
    "rejected": "Well, let me think about that.",
    "chosen_reward": 1.2,
    "rejected_reward": -0.9,
}


async def test_a_trace_is_on_its_stream_when_the_answer_is_202(
    client: httpx.AsyncClient, redis: Redis
):
    response = await client.post("/v1/traces", json={**TRACE, "trace_id": "t-1"})
    assert (response.status_code, response.json()) == (
        202,
        {"accepted": 1, "repeated": 0, "problems": []},
    )
    [event] = await events(redis, TRACES)
    assert (event.trace_id, event.prompt, event.answer) == ("t-1", TRACE["prompt"], TRACE["answer"])
    assert event.question.text == TRACE["prompt"]
    assert event.question.device_type == "pump"


async def test_the_predecessors_field_names_are_accepted(client: httpx.AsyncClient, redis: Redis):
    legacy = {
        "trace_id": "t-1",
        "prompt": TRACE["prompt"],
        "timestamp": "2026-02-08T20:01:20.576107",
        "claude_thinking": THINKING,
        "claude_answer": TRACE["answer"],
        "claude_stop_reason": "success",
        "claude_input_tokens": 140,
        "claude_output_tokens": 88,
        "claude_model": "large",
        "claude_time_s": 3.1,
        "agent_response": "It runs.",
        "agent_time_s": 0.4,
        "prompt_version": "v3",
    }
    todays = {
        **{key: value for key, value in legacy.items() if not key.startswith(("claude_", "agent"))},
        "thinking": THINKING,
        "answer": TRACE["answer"],
        "stop_reason": "success",
        "input_tokens": 140,
        "output_tokens": 88,
        "teacher": "large",
        "seconds": 3.1,
        "agent_response": "It runs.",
        "agent_seconds": 0.4,
    }
    assert (await client.post("/v1/traces", json=[legacy, todays])).json()["accepted"] == 2
    first, second = await events(redis, TRACES)
    assert first.model_dump(exclude={"event_id"}) == second.model_dump(exclude={"event_id"})
    assert (first.thinking, first.teacher, first.seconds) == (THINKING, "large", 3.1)
    assert first.occurred_at.isoformat() == "2026-02-08T20:01:20.576107+00:00"


async def test_thinking_is_dropped_if_has_thinking_is_false_and_nulls_are_missing_keys(
    client: httpx.AsyncClient, redis: Redis
):
    sent = {**TRACE, "thinking": THINKING, "has_thinking": False, "claude_input_tokens": None}
    await client.post("/v1/traces", json=sent)
    [event] = await events(redis, TRACES)
    assert (event.thinking, event.input_tokens) == ("", 0)


async def test_equal_prompts_with_equal_answers_are_one_trace(
    client: httpx.AsyncClient, redis: Redis
):
    await client.post(
        "/v1/traces", json=[TRACE, TRACE, {**TRACE, "answer": "Pump 001 is off now."}]
    )
    ids = [event.trace_id for event in await events(redis, TRACES)]
    assert ids[0] == ids[1] != ids[2]


async def test_the_requested_reading_is_found_in_the_prompt(
    client: httpx.AsyncClient, redis: Redis
):
    readings = [
        RequestedReading("pump 001", "power", 45, "kW"),
        RequestedReading("pump 002", "power", 31, "kW"),
    ]
    prompt = voice_prompt("What is the power of pump 001?", readings)
    await client.post("/v1/traces", json={**TRACE, "prompt": prompt})
    await client.post("/v1/pairs", json={**PAIR, "prompt": prompt})
    [trace], [pair] = await events(redis, TRACES), await events(redis, EXAMPLES)
    assert trace.question == pair.question
    assert trace.question.asked.value == 45
    assert trace.question.phrasing == "what is the _ of _ _"


async def test_an_imported_pair_has_the_rule_imported(client: httpx.AsyncClient, redis: Redis):
    assert (await client.post("/v1/pairs", json=PAIR)).status_code == 202
    [event] = await events(redis, EXAMPLES)
    assert (event.type, event.rule, event.aspect, event.sources) == (
        "PairBuilt", "imported", "voice", (),
    )  # fmt: skip
    assert (event.chosen, event.rejected, event.gap) == (
        PAIR["chosen"], PAIR["rejected"], pytest.approx(2.1),
    )  # fmt: skip
    assert event.question.text == "What is the power of pump 001?"
    assert event.revision == 1


async def test_the_same_pair_is_the_same_example_under_any_event_id(
    client: httpx.AsyncClient, redis: Redis
):
    legacy = {"pos_reward": 1.2, "neg_reward": -0.9, "pair_type": "voice", "reward_gap": 2.1}
    texts = {key: PAIR[key] for key in ("prompt", "chosen", "rejected")}
    await client.post("/v1/pairs", json=[PAIR, {**texts, **legacy, "timestamp": 1770555600.0}])
    first, second = await events(redis, EXAMPLES)
    assert first.example_id == second.example_id
    assert second.occurred_at.isoformat() == "2026-02-08T13:00:00+00:00"


async def test_widget_plans_are_distinguished_from_spoken_answers(
    client: httpx.AsyncClient, redis: Redis
):
    plan = {"chosen": '{"heading":"Pump 001"}', "rejected": '{"heading":""}'}
    await client.post("/v1/pairs", json={**PAIR, **plan})
    [event] = await events(redis, EXAMPLES)
    assert event.aspect == "widget"


@pytest.mark.parametrize(
    ("path", "body", "field", "message"),
    [
        ("/v1/traces", {"answer": TRACE["answer"]}, "prompt", "required"),
        ("/v1/traces", {**TRACE, "prompt": "User question: ?\nResponse:"}, "prompt", "no words"),
        ("/v1/traces", {"prompt": TRACE["prompt"]}, "answer", "required"),
        ("/v1/traces", {**TRACE, "answer": "Yes."}, "answer", "20 characters"),
        ("/v1/traces", {**TRACE, "timestamp": "yesterday"}, "timestamp", ""),
        ("/v1/traces", {**TRACE, "timestamp": "0001-01-01T00:00:00+14:00"}, "timestamp", "1970"),
        ("/v1/traces", {**TRACE, "claude_input_tokens": "many"}, "claude_input_tokens", "integer"),
        ("/v1/traces", {**TRACE, "event_id": "no spaces"}, "event_id", ""),
        ("/v1/traces", "text", "", "JSON object"),
        ("/v1/pairs", {**PAIR, "rejected": " Pump 001 draws 45 kW. "}, "rejected", "differ"),
        ("/v1/pairs", {**PAIR, "chosen_reward": 0.1}, "chosen_reward", "greater than 0.1"),
        ("/v1/pairs", {**PAIR, "rejected_reward": -0.1}, "rejected_reward", "less than -0.1"),
        (
            "/v1/pairs",
            {**PAIR, "chosen_reward": 0.11, "rejected_reward": -0.15},
            "rejected_reward",
            "0.3 below the chosen reward, not 0.26",
        ),
        ("/v1/pairs", {**PAIR, "chosen": "Chiller 4 is cold."}, "chosen", "chiller 4"),
        ("/v1/pairs", {**PAIR, "rejected": "Pump 002 draws 31 kW."}, "rejected", "pump 2"),
        ("/v1/pairs", {**PAIR, "pair_type": "song"}, "pair_type", "widget"),
        ("/v1/pairs", {**PAIR, "chosen": ""}, "chosen", "no words"),
        ("/v1/pairs", {**PAIR, "chosen": "<think>45 kW"}, "chosen", "no words"),
        ("/v1/pairs", {**PAIR, "rejected": "\u200b ..."}, "rejected", "no words"),
        ("/v1/pairs", {**PAIR, "chosen": "It is on.<|im_end|>"}, "chosen", "token <|im_end|>"),
        ("/v1/pairs", {**PAIR, "rejected": f"{PAIR['chosen']}\u200b\n"}, "rejected", "equals"),
        ("/v1/traces", {**TRACE, "answer": f"{TRACE['answer']}</s>"}, "answer", "token </s>"),
        ("/v1/traces", {**TRACE, "answer": "\u3164" * 30}, "answer", "no words"),
        ("/v1/traces", {**TRACE, "answer": f"<think>{THINKING}"}, "answer", "20 characters"),
    ],
)
async def test_an_unusable_pair_or_trace_is_refused_with_field_and_reason(
    client: httpx.AsyncClient, redis: Redis, path: str, body: Any, field: str, message: str
):
    response = await client.post(path, json=body)
    assert response.status_code == 422
    [problem] = [p for p in response.json()["problems"] if p["field"] == field]
    assert message in problem["message"]
    assert await events(redis, TRACES) == await events(redis, EXAMPLES) == []


@pytest.mark.parametrize(
    ("question", "chosen", "rejected", "device"),
    [
        (
            "Wie hoch ist der Druck von Pumpe 2?",
            "Pumpe 2 hat 3 bar.",
            "Pumpe 5 hat 3 bar.",
            "pump 5",
        ),
        ("泵2的功率是多少？", "泵2的功率是45千瓦。", "5号泵的功率是45千瓦。", "pump 5"),
        ("पंप 2 का दबाव?", "पंप २ का दबाव 3 है।", "पंप 5 का दबाव 3 है।", "pump 5"),
        ("ポンプ2の圧力は？", "ポンプ2は3です。", "ポンプ5は3です。", "pump 5"),
        ("¿Presión de la bomba 2?", "La bomba 2 tiene 3 bar.", "La bomba 5 tiene 3 bar.", "pump 5"),
        ("Power of pump 101B?", "Pump 101B draws 45 kW.", "Pump 101D draws 45 kW.", "pump 101D"),
        ("Status of P-101A?", "P-101A is on.", "P-101B is on.", "p 101B"),
        ("Wie warm ist Kühlturm 3?", "Kühlturm 3 hat 28 °C.", "Turm 4 hat 28 °C.", "tower 4"),
    ],
)
async def test_a_pair_about_another_device_is_refused_in_every_language(
    client: httpx.AsyncClient, question: str, chosen: str, rejected: str, device: str
):
    pair = {**PAIR, "prompt": question, "chosen": chosen}
    same = await client.post("/v1/pairs", json={**pair, "rejected": f"{chosen} Hm."})
    assert same.status_code == 202
    response = await client.post("/v1/pairs", json={**pair, "rejected": rejected})
    assert response.status_code == 422
    [problem] = [one for one in response.json()["problems"] if one["field"] == "rejected"]
    assert f"names {device}, which the question does not name" in problem["message"]


async def test_the_smallest_allowed_gap_is_accepted(client: httpx.AsyncClient):
    body = {**PAIR, "chosen_reward": 0.14, "rejected_reward": -0.16}
    assert (await client.post("/v1/pairs", json=body)).status_code == 202


@pytest.mark.parametrize(("path", "item"), [("/v1/traces", TRACE), ("/v1/pairs", PAIR)])
async def test_an_item_with_an_id_counts_once_and_an_invalid_item_affects_no_other(
    client: httpx.AsyncClient, redis: Redis, path: str, item: dict[str, Any]
):
    named = {**item, "event_id": "named-item-1"}
    response = await client.post(path, json=[named, {"prompt": 7}, named])
    assert (response.status_code, response.json()["accepted"]) == (202, 2)
    assert response.json()["repeated"] == 1
    assert {problem["index"] for problem in response.json()["problems"]} == {1}
    again = await client.post(path, json=named)
    assert again.json() == {"accepted": 1, "repeated": 1, "problems": []}
    assert len(await events(redis, TRACES) + await events(redis, EXAMPLES)) == 1


@pytest.mark.parametrize(("path", "item"), [("/v1/traces", TRACE), ("/v1/pairs", PAIR)])
async def test_a_time_without_a_zone_is_read_in_the_configured_zone(
    redis: Redis, valkey_url: str, path: str, item: dict[str, Any]
):
    async with api(valkey_url, ingest_naive_zone="Asia/Kolkata") as client:
        await client.post(path, json={**item, "timestamp": "2026-01-20T08:00:00"})
    [event] = await events(redis, TRACES) + await events(redis, EXAMPLES)
    assert event.occurred_at.isoformat() == "2026-01-20T02:30:00+00:00"


async def test_the_openapi_document_describes_both_bodies(client: httpx.AsyncClient):
    document = (await client.get("/openapi.json")).json()
    for path, name, field in (("traces", "Trace", "answer"), ("pairs", "Pair", "chosen_reward")):
        assert "requestBody" in document["paths"][f"/v1/{path}"]["post"]
        assert field in document["components"]["schemas"][name]["properties"]
