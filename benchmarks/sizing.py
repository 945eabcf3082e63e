"""Measures the memory and disk that Ratchet needs, per question and per day.

Sends questions over HTTP to the whole embedded system: each a ranking, an experience of about 3 kB
and the feedback of a simulated operator. The sizes of Redis, the databases, the append-only file
and the processes are read after all of it has been handled. Nothing is trained: the sizes of
models are read from the data directory --models.

Run: python benchmarks/sizing.py [--questions 2000] [--models DIR]
"""

import asyncio
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table
from sizes.disk import archived, in_postgresql, size_of, tables_of
from sizes.memory import by_kind, of_a_pending_entry, resident, used
from sizes.projection import PerQuestion, projected
from sizes.questions import Questions

from ledger.archive.stream_rows import rows_after
from ledger.domain.archive.archive_file import ArchiveRow
from ratchet.contract import BEGINNING, STREAMS, Stream
from ratchet_cli.embedded.processes import Embedded
from ratchet_cli.embedded.supervisor import Supervisor
from ratchet_cli.embedded.up import up
from ratchet_testing.eventually import eventually
from ratchet_testing.valkey import free_port

_NEVER = {
    f"RATCHET_TRAINER_MIN_{what}": "1000000" for what in ("PAIRS", "LABELS", "DEMONSTRATIONS")
}
_SETTINGS = {"RATCHET_LOG_LEVEL": "error", **_NEVER}
_AT_ONCE = 4


@dataclass
class Sizes:
    """Bytes; `memory` is the increase by the questions, `aof` the append-only file as written,
    rewritten, and rewritten as commands.

    `kinds` and `databases` are bytes and counts; `idle` and `loaded` current and peak memory.
    """

    questions: int
    memory: int
    pending: float
    kinds: tuple[Counter[str], Counter[str]]
    aof: tuple[int, int, int]
    rows: dict[Stream, list[ArchiveRow]]
    idle: dict[str, tuple[int, int]]
    loaded: dict[str, tuple[int, int]]
    databases: dict[str, tuple[Counter[str], Counter[str]]]


async def weigh(questions: int, directory: Path) -> Sizes:
    embedded = Embedded(directory / "data", free_port(7), _SETTINGS)
    async with (
        up(embedded, lambda _name, _line: None) as supervisor,
        httpx.AsyncClient(base_url=embedded.url, timeout=30) as client,
        Redis.from_url(embedded.redis_url) as redis,
    ):
        await redis.config_set("auto-aof-rewrite-percentage", 0)
        append_only = embedded.data_dir / "valkey"
        idle, empty, unwritten = _resident(supervisor), await used(redis), size_of(append_only)
        questions = Questions(client)
        for _ in range(0, questions, _AT_ONCE):
            await asyncio.gather(*(questions.send() for _ in range(_AT_ONCE)))
        await eventually(lambda: _rests(redis), 300)
        memory, loaded = await used(redis) - empty, _resident(supervisor)
        written = size_of(append_only) - unwritten
        kinds = await by_kind(redis)
        pending = await of_a_pending_entry(redis)
        rewritten = await _rewritten(redis, append_only, "yes")
        commands = await _rewritten(redis, append_only, "no")
        rows = {
            stream: [row async for row in rows_after(redis, stream, BEGINNING)]
            for stream in STREAMS
        }
    databases = {name: tables_of(embedded.data_dir / name) for name in ("ledger.db", "trainer.db")}
    return Sizes(
        questions,
        memory,
        pending,
        kinds,
        (written, rewritten, commands),
        rows,
        idle,
        loaded,
        databases,
    )


def _resident(supervisor: Supervisor) -> dict[str, tuple[int, int]]:
    return {
        name: resident(process.pid)
        for name, process in supervisor.processes.items()
        if process.pid is not None
    }


async def _rests(redis: Any) -> bool:
    for stream in STREAMS:
        for group in await redis.xinfo_groups(stream.key):
            if group["lag"] or group["pending"]:
                return False
    return True


async def _rewritten(redis: Any, directory: Path, packed: str) -> int:
    await redis.config_set("aof-use-rdb-preamble", packed)
    await redis.bgrewriteaof()

    async def done() -> bool:
        cells = await redis.info("persistence")
        return not cells["aof_rewrite_in_progress"] and not cells["aof_rewrite_scheduled"]

    await eventually(done, 60)
    return size_of(directory)


def show(sizes: Sizes, console: Console) -> None:
    n = sizes.questions
    table = Table("in Redis", "a question", "bytes each", "bytes a question", title="memory")
    bytes_, count = sizes.kinds
    for kind in sorted(bytes_):
        if count[kind] >= n / 100:
            each, per = bytes_[kind] / count[kind], count[kind] / n
            table.add_row(kind, f"{per:.2f}", f"{each:,.0f}", f"{bytes_[kind] / n:,.0f}")
    table.add_row("all (INFO memory)", "1", "", f"{sizes.memory / n:,.0f}")
    table.add_row("an entry pending in one more group", "", f"{sizes.pending:.0f}", "")
    console.print(table)

    table = Table("on the disk", "a question", "bytes each", "bytes a question", title="disk")
    table.add_row("append-only file as written", "1", "", f"{sizes.aof[0] / n:,.0f}")
    table.add_row("append-only file, rewritten", "1", "", f"{sizes.aof[1] / n:,.0f}")
    table.add_row("the same as commands, after forgetting", "1", "", f"{sizes.aof[2] / n:,.0f}")
    for name, (tables, rows) in sizes.databases.items():
        for part in sorted(tables, key=lambda part: -tables[part]):
            if tables[part] >= 50 * n:
                each, per = tables[part] / rows[part], rows[part] / n
                cells = f"{name}: {part}"
                table.add_row(cells, f"{per:.2f}", f"{each:,.0f}", f"{tables[part] / n:,.0f}")
        table.add_row(name, "1", "", f"{tables.total() / n:,.0f}")
    events = sum(map(len, sizes.rows.values()))
    each = sizes.databases["ledger.db"][0].total() / events
    table.add_row("ledger, SQLite, an event", f"{events / n:.2f}", f"{each:,.0f}")
    postgresql = in_postgresql(sizes.rows)
    if postgresql is not None:
        cells = f"{postgresql:,.0f}", f"{postgresql * events / n:,.0f}"
        table.add_row("ledger, PostgreSQL, an event", f"{events / n:.2f}", *cells)
    packed = 0.0
    for stream, each in archived(sizes.rows).items():
        per = len(sizes.rows[stream]) / n
        packed += each * per
        if per >= 0.01:
            cells = f"{each:,.0f}", f"{each * per:,.0f}"
            table.add_row(f"archive: {stream.name}", f"{per:.2f}", *cells)
    table.add_row("archive", "1", "", f"{packed:,.0f}")
    console.print(table)

    table = Table("process", "idle", "after", "most", title="resident memory, MiB")
    for name, (now, _) in sizes.idle.items():
        after, most = sizes.loaded[name]
        table.add_row(name, *(f"{size / 2**20:.0f}" for size in (now, after, most)))
    console.print(table)
    per_question = PerQuestion(
        kinds=Counter({kind: round(size / n) for kind, size in bytes_.items()}),
        ledger=sizes.databases["ledger.db"][0].total() / n,
        archive=packed,
        examples=sizes.databases["trainer.db"][0]["examples"] / n,
        packed=sizes.aof[1] / sizes.memory,
    )
    console.print(projected(per_question))


def show_models(data_dir: Path, console: Console) -> None:
    table = Table("file", "bytes", title=f"what was trained in {data_dir}")
    for path in sorted((data_dir / "artifacts").rglob("*"), key=lambda path: -path.stat().st_size):
        if path.is_file():
            table.add_row(_kind(path), f"{path.stat().st_size:,}")
    console.print(table)


def _kind(path: Path) -> str:
    """The kind of an artifact by its first bytes, because its name is a hash."""
    with path.open("rb") as file:
        head = file.read(4_096)
    if head.startswith(b"GGUF"):
        return "model"
    if b"lora_A" in head:
        return "adapter"
    return "manifest or settings" if head.startswith(b"{") else "scorers, or references"


def main(
    questions: Annotated[int, typer.Option(min=100)] = 2_000,
    models: Annotated[Path | None, typer.Option(exists=True, file_okay=False)] = None,
) -> None:
    console = Console(width=100)
    with tempfile.TemporaryDirectory() as directory:
        results = asyncio.run(weigh(questions, Path(directory)))
        show(results, console)
    if models is not None:
        show_models(models, console)


if __name__ == "__main__":
    typer.run(main)
