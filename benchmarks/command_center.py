"""Checks each number that the Command Center's unchanged clients show of an imported file.

Run: python benchmarks/command_center.py FOLDER [--rows experience_buffer.json] [--seed 1]

FOLDER is a checkout of the Command Center. Its page runs in Chromium, its evaluator and the
client that sends thumbs in Node; npm installs the page's libraries into `var/command-center`.
Without a file of rows, a realistic one is generated. Exits with 1 if a number is wrong.
"""

import argparse
import asyncio
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
from command_center_clients.clients import Clients, after
from command_center_clients.expected import of_status, of_table
from http_load.process import INTAKE, server
from rich.console import Console
from rich.table import Table

from ledger.replay.private_server import private_server
from ratchet_testing.browser import pages
from ratchet_testing.legacy.population import population

_BUILT = Path("var/command-center").resolve()
_RATCHET = [sys.executable, "-c", "from ratchet_cli.app import main; main()"]
_PATIENCE_S = 120


class Check(NamedTuple):
    client: str
    what: str
    expected: object
    shown: object

    @property
    def right(self) -> bool:
        return str(self.expected) == str(self.shown)


async def main(folder: Path, document: Any) -> bool:
    clients = Clients(folder, _BUILT)
    clients.prepare()
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        file = place / "experience_buffer.json"
        file.write_text(json.dumps(document))
        async with private_server() as redis_url:
            return await asyncio.to_thread(_checked, clients, place, file, document, redis_url)


def _checked(
    clients: Clients, place: Path, file: Path, document: dict[str, Any], redis_url: str
) -> bool:
    rows: list[dict[str, Any]] = document["experiences"]
    with ExitStack() as running:
        origin = running.enter_context(pages(place / "site"))
        run: Callable[..., Any] = lambda program, **settings: running.enter_context(  # noqa: E731
            server(program, redis_url, place, **settings)
        )
        for name in ("ledger", "reward"):
            run(("-m", name))
        api = run(INTAKE, INGEST_CORS_ORIGINS=origin).url
        fresh = [*_evaluator(clients, api, [])]
        command = [*_RATCHET, "import", str(file), "--zone", "UTC", "--url", api]
        subprocess.run(command, check=True, stdout=sys.stderr)
        _wait(api, "total_experiences", len(rows))
        _wait_for_rewards(api, len(rows))
        checks = [
            *fresh,
            *_evaluator(clients, api, rows),
            *_page(clients.page(place / "site", origin, api, place / "profile"), rows),
            *_thumb(clients, api, rows),
        ]
    _print(checks)
    return all(check.right for check in checks)


def _evaluator(clients: Clients, api: str, rows: list[dict[str, Any]]) -> Iterator[Check]:
    expected, printed = of_status(rows), clients.evaluator(api, "status")
    name = "evaluator" if rows else "evaluator, fresh system"
    yield Check(name, "total", expected["total"], after(printed, "Total experiences:"))
    for what in ("with feedback", "without feedback"):
        label = f"{what.capitalize()}:"
        yield Check(name, what, expected[what], after(printed, label))
    ratings = re.search(r"up=(\d+)  down=(\d+)  none=(\d+)", printed)
    shown = dict(zip(("up", "down", "none"), ratings.groups(), strict=True)) if ratings else {}
    for rating in ("up", "down", "none"):
        yield Check(name, f"rated {rating}", expected[rating], shown.get(rating))
    yield Check(name, "pairs", "0 / 80 min", " ".join(_line(printed, "Pending DPO pairs:")))
    yield Check(name, "ready", "NO (need 80 more DPO pairs)", " ".join(_line(printed, "Ready:")))
    yield Check(name, "version", "v0", after(printed, "Current version:"))
    for word in ("undefined", "NaN", "null"):
        yield Check(name, f"prints {word}", False, word in printed)
    weights = clients.evaluator(api, "weights")
    yield Check(name, "average loss", "0.000000", after(weights, "Avg loss:"))


def _line(printed: str, label: str) -> list[str]:
    found = re.search(re.escape(label) + r"(.*)", printed)
    return found[1].split() if found else []


def _page(shown: Mapping[str, str], rows: list[dict[str, Any]]) -> Iterator[Check]:
    status, table, text = of_status(rows), of_table(rows), shown["all"]
    buffer = re.search(r"Experience Buffer(\d+)(\d+) with feedback / (\d+) max", text)
    total = str(status["total"])
    yield Check(
        "page",
        "buffer",
        f"{total}{status['with feedback']}",
        "".join(buffer.groups()[:2] if buffer else ()),
    )
    yield Check("page", "room", "yes", "yes" if buffer and int(buffer[3]) > len(rows) else "no")
    for label, rating in (("Positive", "up"), ("Negative", "down"), ("No Rating", "none")):
        found = re.search(rf"{label}{status[rating]}(?!\d)", text)
        yield Check("page", f"distribution: {label}", True, found is not None)
    head = re.search(
        r"(\d+) queries — (\d+) evaluated — avg [\d.]+% — (\d+) positive — (\d+)", text
    )
    for number, what in enumerate(("rows", "evaluated", "up", "down"), 1):
        yield Check("page", f"table: {what}", table[what], head and head[number])
    for name, rating in (("no rating", "none"), ("up", "up"), ("down", "down")):
        yield Check("page", f"filter: {name}", table[rating], after(shown[name], " of "))
    opened = shown["no rating, opened"]
    yield Check("page", "unrated: explicit reward", False, "Explicit reward" in opened)
    for word in ("NaN", "undefined", "vnull"):
        yield Check("page", f"shows {word}", False, any(word in one for one in shown.values()))
    yield Check("page", "error", None, shown.get("error"))


def _thumb(clients: Clients, api: str, rows: list[dict[str, Any]]) -> Iterator[Check]:
    """Rates a new answer, then an old one: more than the window after it, that counts no more."""
    now = {"query_id": str(uuid4()), "transcript": "Which pump?", "voice_response": "Pump 1."}
    httpx.post(f"{api}/v1/experiences", json=now).raise_for_status()
    _wait(api, "total_experiences", len(rows) + 1)
    newest = sorted(rows, key=lambda row: str(row["timestamp"]))
    old = next(row for row in reversed(newest) if not row.get("user_rating"))
    down = _status(api)["ratings"]["down"]
    for name, query_id in (("new", now["query_id"]), ("old", old["query_id"])):
        yield Check("thumb", f"received, {name} answer", True, clients.thumb(query_id, api))
        sent = {"query_id": query_id, "interactions": []}
        down += httpx.post(f"{api}/api/layer2/feedback/", json=sent).json()["updated"]
        _wait(api, "down", down)
        yield Check("thumb", f"rated down, {name}", down, _status(api)["ratings"]["down"])


def _status(api: str) -> dict[str, Any]:
    buffer: dict[str, Any] = httpx.get(f"{api}/api/layer2/rl-status/").json()["buffer"]
    return buffer


def _wait(api: str, name: str, number: int) -> None:
    end = time.monotonic() + _PATIENCE_S
    while time.monotonic() < end:
        buffer = _status(api)
        if {**buffer, **buffer["ratings"]}[name] == number:
            return
        time.sleep(0.5)


def _wait_for_rewards(api: str, number: int) -> None:
    end = time.monotonic() + _PATIENCE_S
    while time.monotonic() < end:
        history = httpx.get(f"{api}/api/layer2/rl-history/?limit=2000").json()
        if len(history["reward_timeline"]) >= min(number, 2000):
            return
        time.sleep(1.0)


def _print(checks: list[Check]) -> None:
    table = Table("client", "number", "in the file", "shown", "")
    for check in checks:
        verdict = "" if check.right else "WRONG"
        table.add_row(check.client, check.what, str(check.expected), str(check.shown), verdict)
    Console(width=120).print(table)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    rows = arguments.rows
    document = json.loads(rows.read_text()) if rows else population(arguments.seed)
    right = asyncio.run(main(arguments.folder.resolve(), document))
    sys.exit(0 if right else 1)
