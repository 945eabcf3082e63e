"""Feedback from a page of another origin, sent by a real browser."""

import json
from pathlib import Path

import pytest
from http_load.process import INTAKE, server
from redis.asyncio import Redis

from ratchet.contract import FEEDBACK
from ratchet_testing.browser import BROWSER, pages, seen
from ratchet_testing.running_intake import events

from .test_authentication import key

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
QUERY_ID = "7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01"
PAGE = """<!doctype html><title>panel</title><pre id="result">nothing yet</pre><script>
fetch(ADDRESS + "/api/layer2/feedback/", {
  method: "POST",
  headers: {"Content-Type": "application/json", "X-Feedback-Key": KEY},
  body: JSON.stringify({query_id: QUERY_ID, rating: "down", correction: "I meant pump 002"}),
}).then(async (answer) => ({
  status: answer.status,
  body: await answer.json(),
  request: answer.headers.get("X-Request-ID"),
})).catch((error) => ({status: 0, body: String(error)})).then((result) => {
  document.getElementById("result").textContent = JSON.stringify(result);
});
</script>"""


@pytest.mark.parametrize("named", [True, False])
async def test_feedback_from_a_page_arrives_if_its_origin_is_allowed(
    redis: Redis, valkey_url: str, tmp_path: Path, named: bool
):
    folder = tmp_path / "pages"
    secret = key(tmp_path, "write")
    with (
        pages(folder) as origin,
        server(
            INTAKE,
            valkey_url,
            tmp_path,
            INGEST_CORS_ORIGINS=origin if named else "http://another.plant",
        ) as intake,
    ):
        body = {"ADDRESS": intake.url, "KEY": secret, "QUERY_ID": QUERY_ID}
        constants = "".join(f"const {name} = {json.dumps(value)};" for name, value in body.items())
        page = PAGE.replace("<script>", f"<script>{constants}")
        (folder / "panel.html").write_text(page)
        result = seen(f"{origin}/panel.html", tmp_path / "profile")
    arrived = await events(redis, FEEDBACK)
    if named:
        assert (result["status"], result["body"]) == (200, {"status": "ok", "updated": True})
        assert result["request"]
        assert [event.feedback.correction for event in arrived] == ["I meant pump 002"]
    else:
        assert result["status"] == 0
        assert arrived == []
