"""`ratchet demo`: the whole loop in one sitting, with its figures and one picture."""

import asyncio
import json
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from redis.asyncio import Redis
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from ratchet.command_line import FAILED, AsJson, Failed, print_json
from ratchet.contract import STREAMS
from ratchet.delivery import follow
from ratchet_cli.client.posting import post_all
from ratchet_cli.demo.report import Seconds, report
from ratchet_cli.demo.settings import environment
from ratchet_cli.demo.story import Story
from ratchet_cli.demo.table import show
from ratchet_cli.embedded.processes import Embedded
from ratchet_cli.embedded.up import CannotStart, up
from simulator import simulate
from simulator.timeline import Call, timeline

_START = datetime(2026, 1, 5, 6, tzinfo=UTC)
_MARK = ".demo"


def demo(
    data_dir: Annotated[
        Path, typer.Option(help="Wiped first, but for the report's last run.")
    ] = Path("var/demo"),
    port: Annotated[int, typer.Option(help="Ingest's; those after it are taken too.")] = 8150,
    questions: Annotated[int, typer.Option(min=1, help="Situations asked about.")] = 120,
    answers: Annotated[int, typer.Option(min=2, help="Answers to each question.")] = 3,
    seed: Annotated[int, typer.Option(help="The same seed asks and answers the same.")] = 7,
    limit_s: Annotated[float, typer.Option(help="Give up after this many seconds.")] = 1200,
    as_json: AsJson = False,
) -> None:
    """Operators ask and rate, a local model learns, passes its gates and is registered."""
    console = Console(stderr=as_json)
    turns = list(simulate(seed, questions, answers, start=_START))
    try:
        found = asyncio.run(_sitting(console, data_dir, port, timeline(turns), limit_s))
    except CannotStart as error:
        raise Failed(str(error)) from error
    if as_json:
        print_json(found)
    if not (found["model"] and found["model"]["active"]):
        console.print("[red]no model was activated: the table says why[/red]")
        raise typer.Exit(FAILED)


async def _sitting(
    console: Console, data_dir: Path, port: int, calls: list[Call], limit_s: float
) -> dict[str, Any]:
    """The report; it is shown and in the directory already."""
    began = time.monotonic()
    _wipe(data_dir)
    (data_dir / "logs").mkdir()
    embedded = Embedded(data_dir, port, environment(data_dir))
    story = Story()
    with (data_dir / "logs" / "services.log").open("w", buffering=1) as log:
        console.print(f"starting Valkey and the services in {data_dir}")
        async with up(embedded, lambda name, line: print(f"{name:>8} | {line}", file=log)):
            ready = time.monotonic()
            try:
                async with asyncio.timeout(limit_s):
                    await _loop(console, embedded, calls, story)
            except TimeoutError:
                console.print(f"[red]gave up after {limit_s:.0f} s[/red]; see {log.name}")
            ended = time.monotonic()
    found = report(story, Seconds(ready - began, ended - ready))
    (data_dir / "report.json").write_text(json.dumps(found, indent=2) + "\n")
    from ratchet_cli.demo.picture import draw  # matplotlib is installed for the demo alone

    draw(story, data_dir / "report.png")
    show(console, found)
    console.print(f"report: {data_dir / 'report.json'}, picture: {data_dir / 'report.png'}")
    return found


def _wipe(data_dir: Path) -> None:
    """Begin with an empty directory; only one that an earlier demo made is emptied."""
    if data_dir.exists() and any(data_dir.iterdir()):
        if not (data_dir / _MARK).exists():
            raise CannotStart(f"{data_dir} is not empty and no demo made it: choose another")
        shutil.rmtree(data_dir)
    data_dir.mkdir(parents=True, exist_ok=True)
    (data_dir / _MARK).touch()


async def _loop(console: Console, embedded: Embedded, calls: list[Call], story: Story) -> None:
    columns = (TextColumn("{task.description:<46}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        asking = progress.add_task("operators ask and rate", total=len(calls))
        async with (
            httpx.AsyncClient(base_url=embedded.url, timeout=10.0) as client,
            Redis.from_url(embedded.redis_url) as redis,
            asyncio.TaskGroup() as together,
        ):
            together.create_task(
                post_all(client, calls, on_call=lambda _: progress.advance(asking))
            )
            bars: dict[str, TaskID] = {}
            async for event in follow(redis, STREAMS):
                if event is not None:
                    story.add(event)
                else:
                    _tell(progress, bars, story)
                if story.ended:
                    break
            _tell(progress, bars, story)


def _tell(progress: Progress, bars: dict[str, TaskID], story: Story) -> None:
    """Bring every stage's line up to date."""

    def line(key: str, text: str, done: float, total: float | None) -> None:
        if key not in bars:
            bars[key] = progress.add_task(text, total=total)
            if not progress.console.is_terminal:
                progress.console.print(text)
        progress.update(bars[key], description=text, completed=done, total=total)

    scored = f"{len(story.rewards)} scored, {story.pairs} pairs, {story.labels} labels"
    line("reward", scored, len(story.rewards), len(story.experiences) or None)
    step = story.progress
    if step is not None:
        text = f"training: {step.stage.replace('_', ' ')} {step.step}/{step.steps}"
        loss = f", loss {step.loss:.3f}" if step.loss is not None else ""
        line(f"run {step.stage}", text + loss, step.step, step.steps or None)
    if story.finished is not None:
        line("gate", f"gate: {story.finished.verdict}", 1, 1)
        if story.finished.verdict == "accepted":
            model = story.activated
            text = f"export: {model.name}:{model.version} is active" if model else "export"
            line("export", text, 1 if model else 0, 1 if model else None)
