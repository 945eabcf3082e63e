"""`POST /v1/check`: the judgment of an answer, and the answer that the readings give."""

from typing import Any

import httpx
import pytest

from ratchet.measures import voice_prompt
from ratchet_truth import RequestedReading

QUESTION = "What is the power of pump 001?"
ROW = {"equipment": "pump 001", "metric": "power", "value": 45.0, "unit": "kW"}
READING = RequestedReading("pump 001", "power", 45.0, "kW")


def body(answer: str, **changes: Any) -> dict[str, Any]:
    return {"answer": answer, "question": QUESTION, "readings": [ROW], **changes}


async def test_a_true_answer_has_no_faults(client: httpx.AsyncClient):
    response = await client.post("/v1/check", json=body("Pump 001 draws 45 kW."))
    assert response.status_code == 200
    assert response.json() == {
        "true": True,
        "verdict": "true",
        "faults": [],
        "asked": [{"equipment": "pump 001", "metric": "power"}],
        "device_named": True,
        "metric_named": False,
        "sentence": "The power of pump 001 is 45 kW.",
    }


async def test_a_fault_quotes_the_answer_and_names_the_reading(client: httpx.AsyncClient):
    answer = (await client.post("/v1/check", json=body("Pump 001 draws 54 kW."))).json()
    assert (answer["true"], answer["verdict"]) == (False, "wrong_value")
    assert answer["faults"] == [
        {"verdict": "wrong_value", "said": "54 kW", "reading": "pump 001 power: 45 kW"}
    ]


async def test_a_prompt_has_the_readings_and_the_question(client: httpx.AsyncClient):
    prompt = voice_prompt(QUESTION, [READING])
    sent = {"answer": "It draws 45 kW.", "prompt": prompt}
    answer = (await client.post("/v1/check", json=sent)).json()
    assert answer["verdict"] == "true"


async def test_the_sentence_names_an_absent_reading(client: httpx.AsyncClient):
    sent = body("Pump 001 has 45 bar.", question="What is the pressure of pump 001?")
    answer = (await client.post("/v1/check", json=sent)).json()
    assert answer["verdict"] == "stated_absent"
    assert answer["sentence"] == "The pressure of pump 001 is not listed."


async def test_what_is_asked_may_be_sent(client: httpx.AsyncClient):
    asked = [{"equipment": "pump 001", "metric": "power"}]
    sent = {"answer": "45 kW", "readings": [ROW], "asked": asked}
    answer = (await client.post("/v1/check", json=sent)).json()
    assert (answer["verdict"], answer["asked"]) == ("true", asked)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"answer": None}, "answer"),
        ({"prompt": "x"}, "send either prompt or readings"),
        ({"readings": None}, "send either prompt or readings"),
        ({"question": None}, "send question or asked with readings"),
        ({"readings": [{**ROW, "value": "hot"}]}, "value"),
        ({"asked": [{"equipment": "", "metric": "power"}]}, "equipment"),
    ],
)
async def test_an_invalid_request_names_the_field(
    client: httpx.AsyncClient, changes: dict[str, Any], named: str
):
    response = await client.post("/v1/check", json={**body("45 kW"), **changes})
    assert response.status_code == 422
    assert named in response.text


async def test_several_answers_at_once_are_refused(client: httpx.AsyncClient):
    response = await client.post("/v1/check", json=[body("45 kW"), body("46 kW")])
    assert response.status_code == 422
