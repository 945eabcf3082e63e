"""A page of another origin in a real browser polls the status and draws both tiers."""

import json
from pathlib import Path
from typing import Any

import pytest
from http_load.process import INTAKE, server
from redis.asyncio import Redis

from ratchet_testing.browser import BROWSER, pages, seen
from ratchet_testing.ledger_world import DAY

from ..test_authentication import key
from .ledger_and_trainer import write_ledger

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
PAGE = """<!doctype html><title>panel</title><p id="tier2"></p><p id="dpo"></p>
<pre id="result">nothing yet</pre><script>
const options = {headers: {"X-Feedback-Key": KEY}};
const result = {polls: 0, errors: []};
const draw = (id, tier) => {
  document.getElementById(id).textContent =
    `${tier.pending_pairs}/${tier.min_pairs_for_training} pairs, ` +
    `${tier.total_trainings} trainings, v${tier.current_version}`;
};
const show = () => {
  result.tier2 = document.getElementById("tier2").textContent;
  result.dpo = document.getElementById("dpo").textContent;
  document.getElementById("result").textContent = JSON.stringify(result);
};
const poll = () => fetch(ADDRESS + "/api/layer2/rl-status/", options)
  .then((answer) => answer.json())
  .then((status) => {
    draw("tier2", status.trainer.tier2_lora);
    draw("dpo", status.trainer.dpo);
    result.polls += 1;
    result.total = status.buffer.total_experiences;
  })
  .catch((error) => result.errors.push(String(error)))
  .then(show);
fetch(ADDRESS + "/api/layer2/rl-history/?limit=500", options)
  .then((answer) => answer.json())
  .then((history) => { result.drawn = history.query_details.length; })
  .catch((error) => result.errors.push(String(error)))
  .then(show);
poll();
setInterval(poll, 5000);
</script>"""


@pytest.mark.parametrize("named", [True, False])
def test_a_page_can_poll_if_its_origin_is_allowed(
    redis: Redis, valkey_url: str, tmp_path: Path, named: bool
):
    secret = key(tmp_path, "read")
    write_ledger(tmp_path, DAY)
    with pages(tmp_path / "pages") as origin:
        settings = {
            "INGEST_CORS_ORIGINS": origin if named else "http://another.plant",
            "INGEST_TRAINER_URL": "http://127.0.0.1:1",
        }
        with server(INTAKE, valkey_url, tmp_path, **settings) as intake:
            names = {"ADDRESS": intake.url, "KEY": secret}
            constants = "".join(f"const {name} = {json.dumps(v)};" for name, v in names.items())
            page = PAGE.replace("<script>", f"<script>{constants}")
            (tmp_path / "pages" / "panel.html").write_text(page)
            result: dict[str, Any] = seen(f"{origin}/panel.html", tmp_path / "profile")
    if named:
        assert result["errors"] == []
        assert result["polls"] > 1
        assert result["tier2"] == result["dpo"] == "0/80 pairs, 1 trainings, v0"
        assert result["drawn"] == result["total"] > 0
    else:
        assert result["polls"] == 0
        assert result["errors"]
