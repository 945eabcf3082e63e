"""The browser's client in a real browser, against a real intake."""

import asyncio
import gzip
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from client_losses.browser_client import MODULE
from http_load.process import INTAKE, server
from redis.asyncio import Redis

from ratchet.contract import EXPERIENCES, FEEDBACK
from ratchet_testing.browser import BROWSER
from ratchet_testing.browser_session import PageServer, browsing, posting_pages
from ratchet_testing.eventually import eventually
from ratchet_testing.running_intake import events

from ..ingest.reading.ledger_and_trainer import write_ledger
from ..ingest.test_authentication import key

needs_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
MOST_BYTES = 4_000
START = """<!doctype html><meta charset="utf-8"><title>test</title><script type="module">
import { Ratchet } from "./ratchet.js";
const post = (value) => fetch("/posted", {method: "POST", body: JSON.stringify(value)});
const dropped = [];
const note = ({kind, reason, problems}) => dropped.push({kind, reason, problems});
const open = (more) => new Ratchet({
  url: ADDRESS, key: KEY ?? undefined, onDropped: note, ...more,
});
"""


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[PageServer]:
    folder = tmp_path / "pages"
    folder.mkdir()
    shutil.copy(MODULE, folder)
    with posting_pages(folder) as served:
        yield served


def write(pages: Path, name: str, script: str, address: str, secret: str | None = None) -> None:
    constants = f"const ADDRESS = {json.dumps(address)}, KEY = {json.dumps(secret)};"
    (pages / name).write_text(f"{START}{constants}{script}</script>", encoding="utf-8")


async def posted(pages: PageServer, within_s: float = 60) -> Any:
    return await asyncio.to_thread(pages.posted.get, timeout=within_s)


def test_the_module_weighs_less_than_4_kilobytes():
    assert len(gzip.compress(MODULE.read_bytes(), 9)) < MOST_BYTES


CALLS = """
const ratchet = open({lingerMs: 0});
const queryId = ratchet.record({transcript: "What is the power of pump 1?", user_id: "maria"});
ratchet.feedback(queryId, "up", {follow_up_type: "satisfied"});
ratchet.feedback("q-2", "splendid");
ratchet.feedback("q-3", "down");
ratchet.correct(queryId, "I meant pump 2");
const cyclic = {query_id: "q-4"};
cyclic.self = cyclic;
ratchet.record(cyclic);
const settled = await ratchet.flush(20_000);
const candidates = ["kpi", "trend", {scenario: "alerts", required: true}];
const ranking = await ratchet.rank("power of pump 1?", candidates, {limit: 1, timeoutMs: 20_000});
const model = await ratchet.model();
const nowhere = new Ratchet({url: "http://127.0.0.1:9", name: "nowhere"});
const own = await nowhere.rank("power?", candidates, {limit: 1});
const refused = await ratchet.rank("power?", [], {timeoutMs: 20_000});
const failed = await nowhere.model().catch((error) => String(error));
const counts = ratchet.counts;
await ratchet.close();
ratchet.feedback("q-5", "up");
await post({queryId, settled, ranking, model, own, refused, failed, counts, dropped});
"""


@needs_browser
async def test_a_page_makes_every_call(
    redis: Redis, valkey_url: str, tmp_path: Path, pages: PageServer
):
    secret = key(tmp_path, "write", "teach", "read")
    write_ledger(tmp_path, [])
    settings = {"INGEST_CORS_ORIGINS": pages.origin}
    with server(INTAKE, valkey_url, tmp_path, **settings) as intake:
        write(tmp_path / "pages", "calls.html", CALLS, intake.url, secret)
        with browsing(f"{pages.origin}/calls.html", tmp_path / "profile"):
            result = await posted(pages)
    [experience] = [event.experience for event in await events(redis, EXPERIENCES)]
    assert experience.query_id == result["queryId"]
    feedback = [event.feedback for event in await events(redis, FEEDBACK)]
    assert sorted((each.rating or "", each.correction or "") for each in feedback) == [
        ("", "I meant pump 2"),
        ("down", ""),
        ("up", ""),
    ]
    assert result["settled"] is True
    counts = result["counts"]
    assert (counts["recorded"], counts["accepted"], counts["waiting"]) == (6, 4, 0)
    assert counts["dropped"] == {"not_json": 1, "refused": 1}
    assert [(event["reason"], event["kind"]) for event in result["dropped"]] == [
        ("not_json", "experiences"),
        ("refused", "feedback"),
        ("closed", "feedback"),
    ]
    assert result["dropped"][1]["problems"][0]["field"] == "rating"
    assert result["ranking"]["decision_id"]
    assert result["ranking"]["ranking"][0]["scenario"] == "alerts"
    assert result["model"] is None
    own = [widget["scenario"] for widget in result["own"]["ranking"]]
    assert (own, result["own"]["shown"]) == (["alerts", "kpi", "trend"], 1)
    assert result["own"]["note"].endswith("the caller's order")
    assert "candidate" in result["refused"]["note"]
    assert "TypeError" in result["failed"]


LEAVE = """
open({lingerMs: 60_000}).feedback("q-1", "up");
location.href = "about:blank";
"""


@needs_browser
@pytest.mark.parametrize("with_key", [True, False])
async def test_a_page_that_is_left_sends_what_waits(
    redis: Redis, valkey_url: str, tmp_path: Path, pages: PageServer, with_key: bool
):
    secret = key(tmp_path, "write") if with_key else None
    with server(INTAKE, valkey_url, tmp_path, INGEST_CORS_ORIGINS=pages.origin) as intake:
        write(tmp_path / "pages", "leave.html", LEAVE, intake.url, secret)
        with browsing(f"{pages.origin}/leave.html", tmp_path / "profile"):

            async def arrived() -> bool:
                return bool(await events(redis, FEEDBACK))

            await eventually(arrived, 40)


SLOW = """
IDBFactory.prototype.open = () => ({});
const ratchet = open({url: "http://127.0.0.1:9"});
for (let number = 0; number < 300; number += 1) ratchet.feedback(`q-${number}`, "up");
location.href = "next.html";
"""
NEXT = """
const ratchet = open();
await ratchet.flush(30_000);
await post({counts: ratchet.counts, kept: localStorage.length});
"""


@needs_browser
async def test_a_page_that_is_left_before_its_database_opens_loses_nothing(
    redis: Redis, valkey_url: str, tmp_path: Path, pages: PageServer
):
    with server(INTAKE, valkey_url, tmp_path, INGEST_CORS_ORIGINS=pages.origin) as intake:
        write(tmp_path / "pages", "slow.html", SLOW, intake.url)
        write(tmp_path / "pages", "next.html", NEXT, intake.url)
        with browsing(f"{pages.origin}/slow.html", tmp_path / "profile"):
            result = await posted(pages)
    assert (result["counts"]["left"], result["counts"]["accepted"]) == (300, 300)
    assert result["kept"] == 0
    assert len(await events(redis, FEEDBACK)) == 300
