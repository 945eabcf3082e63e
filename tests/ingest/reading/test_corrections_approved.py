"""Corrections from a key without the scope `teach` wait until an operator approves them."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from http_load.process import INTAKE, server
from redis.asyncio import Redis
from typer.testing import CliRunner

from ledger.backends.database import open_for_writing
from ledger.backends.migration import migrate
from ledger.backends.writer import SqlLedger
from ratchet.contract import EXPERIENCES, FEEDBACK, Feedback, FeedbackReceived
from ratchet_cli.app import main
from ratchet_edge.access import Scope
from ratchet_edge.keys.key_file import KeyFile
from ratchet_testing.deliveries import delivered
from ratchet_testing.running_intake import api, events

from .ledger_and_trainer import reading

QUERY_ID = "7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01"
JUDGED = [{"widget_index": 1, "appropriateness_score": 0.1}]
CORRECTED = {"correction": "I meant pump 002.", "per_widget_feedback": JUDGED}
WAITING = FeedbackReceived(
    event_id="a" * 32,
    occurred_at=datetime(2026, 1, 20, 12, tzinfo=UTC),
    may_teach=False,
    feedback=Feedback.model_validate({"query_id": QUERY_ID, "rating": "down", **CORRECTED}),
)
APPROVE = {"requested_by": "maria", "query_id": QUERY_ID}


def key(data_dir: Path, *scopes: str) -> str:
    now = datetime.now(UTC)
    return KeyFile(data_dir).create("panel", [Scope(scope) for scope in scopes], now)[1]


@pytest.mark.parametrize(
    ("path", "header", "stream", "sent", "fields"),
    [
        ("/v1/feedback", "X-Api-Key", FEEDBACK, CORRECTED, {"correction", "per_widget_feedback"}),
        ("/v1/feedback", "X-Api-Key", FEEDBACK, {"missing_widgets": ["kpi"]}, {"missing_widgets"}),
        (
            *("/api/layer2/feedback/", "X-Feedback-Key", FEEDBACK, CORRECTED),
            {"per_widget_feedback"},
        ),
        (
            "/v1/experiences",
            "X-Api-Key",
            EXPERIENCES,
            {"correction_text": "I meant pump 002.", "per_widget_feedback": JUDGED},
            {"correction_text", "per_widget_feedback"},
        ),
    ],
)
@pytest.mark.parametrize("scopes", [("write",), ("write", "teach"), ("write", "operate"), ()])
async def test_a_correction_states_whether_it_may_teach_and_the_answer_has_the_remedy(
    redis: Redis,
    valkey_url: str,
    tmp_path: Path,
    path: str,
    header: str,
    stream: Any,
    sent: dict[str, Any],
    fields: set[str],
    scopes: tuple[str, ...],
):
    headers = {header: key(tmp_path, *scopes)} if scopes else {}
    async with api(valkey_url, data_dir=tmp_path) as client:
        answer = await client.post(path, json={"query_id": QUERY_ID, **sent}, headers=headers)
    assert answer.is_success, answer.text
    [event] = await events(redis, stream)
    assert event.may_teach is (scopes != ("write",))
    warnings = answer.json().get("warnings", [])
    if event.may_teach:
        assert warnings == []
    else:
        assert {warning["field"] for warning in warnings} >= fields
        assert f"ratchet corrections approve {QUERY_ID}" in warnings[0]["message"]
        assert "scope teach" in warnings[0]["message"]


@pytest.mark.parametrize("path", ["/v1/feedback", "/api/layer2/feedback/"])
async def test_a_rating_needs_no_approval(redis: Redis, valkey_url: str, tmp_path: Path, path: str):
    secret = key(tmp_path, "write")
    headers = {"X-Feedback-Key": secret, "X-Api-Key": secret}
    async with api(valkey_url, data_dir=tmp_path) as client:
        body = {"query_id": QUERY_ID, "rating": "up"}
        answer = await client.post(path, json=body, headers=headers)
    [event] = await events(redis, FEEDBACK)
    assert event.may_teach
    assert "warnings" not in answer.json()


async def test_an_approval_is_feedback_that_may_teach_and_names_its_cause_and_the_person(
    redis: Redis, valkey_url: str, tmp_path: Path
):
    async with reading(valkey_url, tmp_path, [WAITING]) as client:
        answer = await client.post("/v1/commands/corrections", json=APPROVE)
    [event] = await events(redis, FEEDBACK)
    assert answer.status_code == 202
    assert answer.json() == {"status": "approved", "event_ids": [event.event_id]}
    assert (event.may_teach, event.approved_by, event.caused_by) == (True, "maria", "a" * 32)
    assert event.occurred_at > WAITING.occurred_at
    assert event.feedback.correction == CORRECTED["correction"]
    assert event.feedback.per_widget_feedback == WAITING.feedback.per_widget_feedback
    assert event.feedback.rating is None, "the rating counts already"


@pytest.mark.parametrize(
    "changed", [{"query_id": "another"}, {"event_ids": ["b" * 32]}, {"query_id": ""}]
)
async def test_without_a_correction_that_waits_nothing_is_published(
    redis: Redis, valkey_url: str, tmp_path: Path, changed: dict[str, Any]
):
    async with reading(valkey_url, tmp_path, [WAITING]) as client:
        answer = await client.post("/v1/commands/corrections", json={**APPROVE, **changed})
    assert answer.status_code == (422 if changed == {"query_id": ""} else 404)
    assert await events(redis, FEEDBACK) == []


async def test_what_is_approved_waits_no_longer(redis: Redis, valkey_url: str, tmp_path: Path):
    async with reading(valkey_url, tmp_path, [WAITING]) as client:
        await client.post("/v1/commands/corrections", json=APPROVE)
    [approval] = await events(redis, FEEDBACK)
    async with reading(valkey_url, tmp_path, [approval]) as client:
        again = await client.post("/v1/commands/corrections", json=APPROVE)
    assert again.status_code == 404


@pytest.mark.parametrize("scope", ["write", "teach", "read"])
async def test_only_an_operator_approves(redis: Redis, valkey_url: str, tmp_path: Path, scope: str):
    headers = {"X-Api-Key": key(tmp_path, scope)}
    async with api(valkey_url, data_dir=tmp_path) as client:
        answer = await client.post("/v1/commands/corrections", json=APPROVE, headers=headers)
    assert answer.status_code == 403


def test_the_command_shows_what_waits_and_approves_it_after_a_confirmation(
    valkey_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    hostile = WAITING.model_copy(
        update={"feedback": Feedback(query_id=QUERY_ID, correction="\x1b[2J[/nope] pump 002")}
    )
    engine = open_for_writing(f"sqlite:///{tmp_path / 'ledger.db'}")
    migrate(engine)
    SqlLedger(engine).write(delivered([hostile]))
    engine.dispose()
    monkeypatch.setenv("RATCHET_API_KEY", key(tmp_path, "read", "operate"))
    with server(INTAKE, valkey_url, tmp_path) as intake:
        command = ["corrections", "approve", QUERY_ID, "--url", intake.url]
        refused = CliRunner().invoke(main, command, input="n\n")
        done = CliRunner().invoke(main, [*command, "--yes", "--json"])
        monkeypatch.delenv("RATCHET_API_KEY")
        without_key = CliRunner().invoke(main, [*command, "--yes"])
    assert refused.exit_code == 1
    assert "[/nope] pump 002" in refused.output
    assert "\x1b" not in refused.output
    assert json.loads(done.stdout)["status"] == "approved", done.output
    assert without_key.exit_code == 1
    assert "401" in without_key.output
