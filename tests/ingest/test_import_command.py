"""`ratchet import` through a real intake: every row arrives once, and all are counted."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from redis.asyncio import Redis
from typer.testing import CliRunner, Result

from ingest.app import create_app
from ingest.settings import IngestSettings
from ratchet.command_line import NoAnswer
from ratchet.contract import EXAMPLES, EXPERIENCES, TRACES, Stream
from ratchet_cli.app import main
from ratchet_cli.client.importing import ImportCounts, import_rows
from ratchet_cli.client.unexpected_response import UnexpectedResponse
from ratchet_rows import EXPERIENCE_ROWS, open_rows
from ratchet_testing.eventually import eventually
from ratchet_testing.legacy.population import population
from ratchet_testing.valkey import free_port
from simulator.traces import simulate_traces

ROW = {
    "query_id": "q-1",
    "timestamp": "2026-01-20T08:00:00",
    "transcript": "What is the power of pump 001?",
    "user_rating": "up",
    "widget_plan": {"widgets": [{"scenario": "kpi"}]},
}
ROWS = [
    ROW,
    {**ROW, "query_id": "q-2", "user_rating": "meh"},
    "no row",
    {**ROW, "widget_plan": None},
]


@pytest.fixture
async def intake(redis: Redis, valkey_url: str) -> AsyncIterator[str]:
    port = free_port()
    app = create_app(IngestSettings(redis_url=valkey_url))  # type: ignore[arg-type]
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None))
    serving = asyncio.create_task(server.serve())

    async def started() -> bool:
        return server.started

    await eventually(started, 10)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await serving


async def run(*arguments: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, main, ["import", *arguments])


def written(path: Path, rows: list[Any]) -> str:
    path.write_text(json.dumps({"experiences": rows}))
    return str(path)


async def test_every_row_is_sent_and_counted(intake: str, redis: Redis, tmp_path: Path):
    file = written(tmp_path / "buffer.json", ROWS)
    result = await run(file, "--url", intake, "--zone", "Europe/Vienna")
    assert result.exit_code == 1, "a row was refused"
    assert "4 rows read, 3 accepted: 3 new, 0 already there" in result.output
    assert "3 times without a zone, read as Europe/Vienna" in result.output
    assert "2 rows repaired" in result.output
    assert "1  user_rating: Input should be 'up' or 'down'" in result.output
    assert "1  widget_plan: missing, counts for voice only" in result.output
    assert "row 3: not a JSON object" in result.output
    [first, *_] = await redis.xrange(EXPERIENCES.key)
    event = EXPERIENCES.adapter.validate_json(first[1][b"__data__"])
    assert event.occurred_at.isoformat() == "2026-01-20T07:00:00+00:00"
    assert event.experience.user_rating == "up"


async def test_importing_again_adds_nothing(intake: str, redis: Redis, tmp_path: Path):
    file = written(tmp_path / "buffer.json", [ROW])
    await run(file, "--url", intake)
    result = await run(file, "--url", intake)
    assert result.exit_code == 0
    assert "1 rows read, 1 accepted: 0 new, 1 already there" in result.output
    longer = written(tmp_path / "longer.json", [ROW, {**ROW, "query_id": "q-9"}])
    assert "1 new, 1 already there" in (await run(longer, "--url", intake)).output
    assert await redis.xlen(EXPERIENCES.key) == 2


async def test_a_whole_population_goes_through(intake: str, redis: Redis, tmp_path: Path):
    path = tmp_path / "population.json"
    path.write_text(json.dumps(population(1)))
    result = await run(str(path), "--url", intake)
    assert "844 rows read, 844 accepted: 844 new" in result.output
    assert "0 rows refused" in result.output
    assert result.exit_code == 0
    assert await redis.xlen(EXPERIENCES.key) == 844


async def test_the_url_can_be_set_in_the_environment(
    intake: str, redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("RATCHET_URL", intake)
    result = await run(written(tmp_path / "buffer.json", [ROW]))
    assert result.exit_code == 0
    assert await redis.xlen(EXPERIENCES.key) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.json"], "nowhere.json"),
        (["pyproject.toml"], "JSON Lines"),
        (["x", "--zone", "Mars"], "Mars"),
    ],
)
async def test_an_unreadable_file_is_a_usage_error(arguments: list[str], message: str):
    result = await run(*arguments)
    assert result.exit_code == 2
    assert message in result.output


def answering(*statuses: int) -> tuple[httpx.AsyncClient, list[int]]:
    """An intake that answers with these statuses in turn, then 202; and what it answered."""
    left, statuses_sent = list(statuses), []

    def answer(request: httpx.Request) -> httpx.Response:
        statuses_sent.append(left.pop(0) if left else 202)
        if statuses_sent[-1] == 202:
            return httpx.Response(202, json={"accepted": len(json.loads(request.content))})
        return httpx.Response(
            statuses_sent[-1], json={"error": "full"}, headers={"Retry-After": "0"}
        )

    return httpx.AsyncClient(
        transport=httpx.MockTransport(answer), base_url="http://x"
    ), statuses_sent


async def imported_by(client: httpx.AsyncClient, path: str, patience_s: float) -> ImportCounts:
    imported = ImportCounts()
    rows = open_rows(Path(path), UTC, EXPERIENCE_ROWS).rows
    await import_rows(
        client, EXPERIENCE_ROWS.path, rows, imported, 1, patience_s, lambda count: None
    )
    return imported


async def test_the_import_waits_for_a_busy_intake(tmp_path: Path):
    client, statuses_sent = answering(503, 503)
    path = written(tmp_path / "buffer.json", [ROW, {**ROW, "query_id": "q-2"}])
    assert (await imported_by(client, path, 60)).sent == 2
    assert statuses_sent == [503, 503, 202, 202]


async def test_the_import_gives_up_after_its_deadline(tmp_path: Path):
    client, statuses_sent = answering(*[503] * 100)
    with pytest.raises(NoAnswer, match="503"):
        await imported_by(client, written(tmp_path / "buffer.json", [ROW]), 0.05)
    assert statuses_sent


async def test_giving_up_reports_what_was_sent_and_that_a_repeat_is_safe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("ratchet_cli.client.file_import.PATIENCE_S", 0.0)
    url = f"http://127.0.0.1:{free_port()}"
    result = await run(written(tmp_path / "buffer.json", [ROW]), "--url", url)
    assert result.exit_code == 3
    assert "Stopped after 0 rows" in result.output
    assert "count once" in result.output


async def test_a_row_that_the_intake_refuses_keeps_its_number(tmp_path: Path):
    def answer(request: httpx.Request) -> httpx.Response:
        problem = {"index": 1, "field": "transcript", "message": "too long"}
        return httpx.Response(202, json={"accepted": 1, "problems": [problem]})

    client = httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://x")
    path = written(tmp_path / "buffer.json", ["no row", ROW, {**ROW, "query_id": "q-2"}])
    imported = ImportCounts()
    rows = open_rows(Path(path), UTC, EXPERIENCE_ROWS).rows
    await import_rows(client, EXPERIENCE_ROWS.path, rows, imported, 10, 60, lambda count: None)
    assert imported.refused[3] == "transcript: too long"
    assert imported.refused.keys() == {1, 3}


async def test_a_batch_that_is_refused_as_a_whole_names_its_rows(tmp_path: Path):
    client, _ = answering(413)
    path = written(tmp_path / "buffer.json", [ROW, {**ROW, "query_id": "q-2"}])
    imported = await imported_by(client, path, 60)
    assert imported.refused == {1: "413 full"}
    assert imported.sent == 1


async def test_a_row_that_is_nested_too_deeply_is_refused_alone_with_its_field(
    intake: str, redis: Redis, tmp_path: Path
):
    deep: dict[str, Any] = {}
    for _ in range(250):
        deep = {"a": deep}
    spoiler = {**ROW, "query_id": "q-2", "fixtures": deep}
    file = written(tmp_path / "buffer.json", [ROW, spoiler, {**ROW, "query_id": "q-3"}])
    result = await run(file, "--url", intake)
    assert "3 rows read, 2 accepted: 2 new" in result.output
    assert "row 2: fixtures.a.a" in result.output
    assert "nested too deeply" in result.output
    assert await redis.xlen(EXPERIENCES.key) == 2


@pytest.mark.parametrize(("status", "text"), [(200, "<html>"), (200, "[]"), (404, "{}"), (301, "")])
async def test_a_server_that_is_not_an_intake_is_distinguished_from_a_refusal(
    tmp_path: Path, status: int, text: str
):
    transport = httpx.MockTransport(lambda request: httpx.Response(status, text=text))
    client = httpx.AsyncClient(transport=transport, base_url="http://x")
    with pytest.raises(UnexpectedResponse, match=str(status)):
        await imported_by(client, written(tmp_path / "buffer.json", [ROW]), 60)


SAMPLES = Path(__file__).parent / "samples"


async def test_traces_are_recognized_and_an_invalid_line_is_named_by_its_number(
    intake: str, redis: Redis
):
    result = await run(str(SAMPLES / "traces.jsonl"), "--url", intake, "--zone", "Europe/Vienna")
    assert result.exit_code == 1, "a line was refused"
    assert "4 rows read, 2 accepted: 2 new, 0 already there" in result.output
    assert "row 3: malformed JSON" in result.output
    assert "row 5: claude_answer: String should have at least 20 characters" in result.output
    first, second = [
        TRACES.adapter.validate_json(fields[b"__data__"])
        for _, fields in await redis.xrange(TRACES.key)
    ]
    assert first.occurred_at.isoformat() == "2026-02-10T08:12:44.120000+00:00"
    assert first.thinking.startswith("One reading of one boiler")
    assert second.occurred_at.isoformat() == "2026-02-10T09:15:05.500000+00:00"
    assert second.thinking == ""


async def test_pairs_are_recognized_and_a_pair_of_two_questions_is_refused(
    intake: str, redis: Redis
):
    result = await run(str(SAMPLES / "pending_dpo_pairs.json"), "--url", intake)
    assert result.exit_code == 1, "a pair was refused"
    assert "2 rows read, 1 accepted: 1 new, 0 already there" in result.output
    assert "row 2: chosen: names chiller 2" in result.output
    [(_, fields)] = await redis.xrange(EXAMPLES.key)
    pair = EXAMPLES.adapter.validate_json(fields[b"__data__"])
    assert pair.question.text == "What is the speed of mixer 004?"
    assert pair.occurred_at.timestamp() == 1770641200.25


@pytest.mark.parametrize(
    ("name", "stream"), [("traces.jsonl", TRACES), ("pending_dpo_pairs.json", EXAMPLES)]
)
async def test_a_row_of_any_kind_counts_once(intake: str, redis: Redis, name: str, stream: Stream):
    await run(str(SAMPLES / name), "--url", intake)
    before = await redis.xlen(stream.key)
    assert "accepted: 0 new" in (await run(str(SAMPLES / name), "--url", intake)).output
    assert await redis.xlen(stream.key) == before


async def test_simulated_traces_are_all_accepted(intake: str, redis: Redis, tmp_path: Path):
    rows = simulate_traces(3, 120, start=datetime(2026, 2, 1))  # noqa: DTZ001 -- as the files have it
    path = tmp_path / "traces.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    assert "120 rows read, 120 accepted: 120 new" in (await run(str(path), "--url", intake)).output
    assert await redis.xlen(TRACES.key) == 120


async def test_invalid_text_is_repaired_in_rows_of_every_kind(
    intake: str, redis: Redis, tmp_path: Path
):
    row = {
        "trace_id": "t",
        "prompt": "Power of pump 001?",
        "claude_answer": "Pump 001 draws 45 kW \ud800.",
    }
    path = tmp_path / "traces.jsonl"
    path.write_text(json.dumps({**row, "claude_time_s": float("nan")}))
    result = await run(str(path), "--url", intake)
    assert result.exit_code == 0
    assert "1  text: characters that are none" in result.output
    assert "1  timestamp: missing or unreadable" in result.output
    assert await redis.xlen(TRACES.key) == 1
