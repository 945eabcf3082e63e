"""Runs the demo: an embedded system, a simulated plant, and the progress of every stage."""

import asyncio
import json
import shutil
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import httpx
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from ratchet.command_line import Failed, screen
from ratchet.contract import STREAMS
from ratchet.delivery import follow
from ratchet_cli.client.post_all import post_all
from ratchet_cli.demo.event_summary import EventSummary
from ratchet_cli.demo.next_steps import next_steps
from ratchet_cli.demo.report import report
from ratchet_cli.demo.settings import environment
from ratchet_cli.demo.table import show_report
from ratchet_cli.embedded.processes import Embedded
from ratchet_cli.embedded.up import CannotStart, up
from simulator import simulate
from simulator.turn import Call, timeline

_START = datetime(2026, 1, 5, 6, tzinfo=UTC)
_MARKER = ".demo"


def run_demo(
    data_dir: Path, port: int, plant: tuple[int, int, int], limit_s: float, *, quiet: bool
) -> dict[str, Any]:
    """The report; `plant` is seed, questions and answers. With `quiet` all output is on stderr.

    Raises `Failed` if the system cannot start.
    """
    console = screen(stderr=quiet)
    seed, questions, answers = plant
    # The small model states a value where the reading is absent, more often than its base does: the
    # gate refuses it where such questions are held out. docs/truth.md has the figures.
    simulated = simulate(seed, questions, answers, start=_START, absent_share=0)
    calls = timeline(list(simulated))
    try:
        return asyncio.run(_run(console, data_dir, port, calls, limit_s))
    except CannotStart as error:
        raise Failed(str(error)) from error


async def _run(
    console: Console, data_dir: Path, port: int, calls: list[Call], limit_s: float
) -> dict[str, Any]:
    started = time.monotonic()
    _empty(data_dir)
    (data_dir / "logs").mkdir()
    embedded = Embedded(data_dir, port, environment(data_dir))
    summary = EventSummary()
    with (data_dir / "logs" / "services.log").open("w", buffering=1) as log:
        console.print(f"starting Valkey and the services in {data_dir}")
        sink = partial(_log_line, log)
        async with up(embedded, sink) as supervisor:
            if supervisor.troubles:
                away = "; ".join(f"{name}: {why}" for name, why in supervisor.troubles.items())
                raise CannotStart(f"The demo needs every service. {away}. See {log.name}.")
            ready = time.monotonic()
            try:
                async with asyncio.timeout(limit_s):
                    await _loop(console, embedded, calls, summary)
            except TimeoutError:
                console.print(f"stopped after {limit_s:.0f} s; see {log.name}", style="red")
            ended = time.monotonic()
    # numpy and matplotlib are installed for the demo only.
    from ratchet_cli.demo.machine_peak import matmul_gflops
    from ratchet_cli.demo.picture import draw

    steps = next_steps(data_dir, has_model=summary.activated is not None)
    # The services have stopped: nothing else uses the cores.
    result = report(summary, ready - started, ended - ready, matmul_gflops(), steps)
    (data_dir / "report.json").write_text(json.dumps(result, indent=2) + "\n")
    draw(summary, data_dir / "report.png")
    show_report(console, result)
    console.print(f"report: {data_dir / 'report.json'}, picture: {data_dir / 'report.png'}")
    return result


def _log_line(log: TextIO, name: str, line: str) -> None:
    print(f"{name:>8} | {line}", file=log)


def _empty(data_dir: Path) -> None:
    """Create or empty the directory; only one that an earlier demo marked is emptied."""
    if data_dir.exists() and any(data_dir.iterdir()):
        if not (data_dir / _MARKER).exists():
            raise CannotStart(
                f"{data_dir} is not empty and was not created by a demo. Pass another --data-dir."
            )
        shutil.rmtree(data_dir)
    data_dir.mkdir(parents=True, exist_ok=True)
    (data_dir / _MARKER).touch()


async def _loop(
    console: Console, embedded: Embedded, calls: list[Call], summary: EventSummary
) -> None:
    """Post `calls` and follow the streams until the outcome is certain."""
    columns = (TextColumn("{task.description:<46}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        posting = progress.add_task("operators ask and rate", total=len(calls))
        async with (
            httpx.AsyncClient(base_url=embedded.url, timeout=10.0) as client,
            _patient(embedded.redis_url) as redis,
            asyncio.TaskGroup() as tasks,
        ):
            tasks.create_task(post_all(client, calls, on_call=lambda _: progress.advance(posting)))
            bars: dict[str, TaskID] = {}
            async for event in follow(redis, STREAMS):
                if event is not None:
                    summary.add(event)
                else:
                    _update_bars(progress, bars, summary)
                if summary.ended:
                    break
            _update_bars(progress, bars, summary)


def _patient(redis_url: str) -> Redis:
    """A client that reads on after a restart of the server, and while others take the cores."""
    retry = Retry(ExponentialBackoff(cap=1.0, base=0.1), retries=60)
    return Redis.from_url(redis_url, retry=retry, socket_timeout=60)


def _update_bars(progress: Progress, bars: dict[str, TaskID], summary: EventSummary) -> None:
    def update(key: str, text: str, done: float, total: float | None) -> None:
        if key not in bars:
            bars[key] = progress.add_task(text, total=total)
            if not progress.console.is_terminal:
                progress.console.print(text)
        progress.update(bars[key], description=text, completed=done, total=total)

    scored = f"{len(summary.rewards)} scored, {summary.pairs} pairs, {summary.labels} labels"
    update("reward", scored, len(summary.rewards), len(summary.experiences) or None)
    step = summary.progress
    if step is not None:
        text = f"training: {step.stage.replace('_', ' ')} {step.step}/{step.steps}"
        loss = f", loss {step.loss:.3f}" if step.loss is not None else ""
        update(f"run {step.stage}", text + loss, step.step, step.steps or None)
    if summary.finished is not None:
        update("gate", f"acceptance gate: {summary.finished.verdict}", 1, 1)
        if summary.finished.verdict == "accepted":
            model = summary.activated
            text = f"export: {model.name}:{model.version} is active" if model else "export"
            update("export", text, 1 if model else 0, 1 if model else None)
