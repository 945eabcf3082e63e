"""5,000 answers from a page that is reloaded four times; the intake is killed after the third."""

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

from http_load.process import INTAKE, server
from redis.asyncio import Redis

from ratchet.contract import EXPERIENCES
from ratchet_testing.browser_session import browsing, posting_pages
from ratchet_testing.unreliable_network import unreliable_network
from ratchet_testing.valkey import free_port

from .losses import EVENTS, SHARES, Losses, losses
from .plant import kill, running_plant

MODULE = Path(__file__).parents[2] / "clients" / "js" / "ratchet.js"
_PAGES, _KILLED_AFTER = 5, 3
_WITHIN_S = 120
PAGE = """<!doctype html><meta charset="utf-8"><title>answers</title><script type="module">
import { Ratchet } from "./ratchet.js";
const {address, share, events} = CONSTANTS;
const post = (value) => fetch("/posted", {method: "POST", body: JSON.stringify(value)});
const first = Number(new URLSearchParams(location.search).get("first"));
const ratchet = new Ratchet({url: address, lingerMs: 0});
for (let number = first; number < first + share; number += 1) {
  ratchet.record({query_id: `q-${number}`, transcript: "What is the power of pump 1?"});
  if (number % 40 === 0) await new Promise((done) => setTimeout(done, 2));
}
await post({first, counts: ratchet.counts});
if (first + share < events) {
  location.search = `?first=${first + share}`;
} else {
  while (!(await ratchet.flush(1_000)));
  await post({first: events, counts: ratchet.counts});
}
</script>"""


async def browser_losses(redis: Redis, redis_url: str, directory: Path) -> Losses:
    """Each page is left while events wait, and the next one finds them."""
    port, data_dir, folder = free_port(), directory / "data", directory / "pages"
    folder.mkdir(parents=True)
    shutil.copy(MODULE, folder)
    constants = {"address": f"http://127.0.0.1:{port}", "share": EVENTS // _PAGES, "events": EVENTS}
    (folder / "page.html").write_text(PAGE.replace("CONSTANTS", json.dumps(constants)))
    with posting_pages(folder) as pages:
        settings = {"INGEST_CORS_ORIGINS": pages.origin}

        async def posted() -> Any:
            return await asyncio.to_thread(pages.posted.get, timeout=_WITHIN_S)

        with running_plant(redis, redis_url, data_dir, **settings) as plant:
            async with unreliable_network(plant.intake.port, port, SHARES) as network:
                with browsing(f"{pages.origin}/page.html?first=0", directory / "profile"):
                    for _ in range(_KILLED_AFTER):
                        await posted()
                    network.cut()
                    kill(plant.intake)
                    with server(INTAKE, redis_url, data_dir, **settings) as again:
                        plant.intake = again
                        network.target = again.port
                        network.restore()
                        while (await posted())["first"] < EVENTS:
                            pass
                        ids = {f"q-{number}" for number in range(EVENTS)}
                        return await losses(plant, network, ids, 0, (EXPERIENCES,))
