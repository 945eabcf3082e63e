"""`ratchet dead`: what no consumer could handle, and what becomes of it."""

import getpass
from pathlib import Path
from typing import Annotated, Any

import typer

from ratchet.command_line import (
    FAILED,
    AsJson,
    DataDir,
    RedisUrl,
    command_errors,
    print_json,
    redis_connection,
    redis_url_of,
)
from ratchet.telemetry import configure_logs
from ratchet_cli.commands.dead_letter_arguments import (
    Ids,
    OfStream,
    clock_ms,
    letters_named,
    settled,
    streams_of,
)
from ratchet_cli.commands.dead_letter_view import Row, show_page, shown
from ratchet_cli.dead_letters.buried import Buried
from ratchet_cli.dead_letters.drop import drop as drop_letter
from ratchet_cli.dead_letters.reading import DeadLetters
from ratchet_cli.dead_letters.retry import PutBack, Retrier

dead = typer.Typer(help="Show, retry or drop what no consumer could handle.", no_args_is_help=True)
_DATA_DIR = Path("var/ratchet")


@dead.command("list")
@command_errors
def list_letters(
    stream: OfStream = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Letters on one page.")] = 20,
    after: Annotated[
        str | None, typer.Option(help="The last ID of the page before.", metavar="ID")
    ] = None,
    data_dir: DataDir = _DATA_DIR,
    redis_url: RedisUrl = None,
    as_json: AsJson = False,
) -> None:
    """Show dead letters by stream, oldest first: who gave up, after how many attempts, and why."""
    streams = streams_of(stream)

    async def page() -> dict[str, Any]:
        async with redis_connection(redis_url_of(data_dir, redis_url)) as redis:
            letters = DeadLetters(redis, streams)
            now_ms = await clock_ms(redis)
            rows: list[Row] = []
            more = False
            async for buried in letters.walk(after):
                if more := len(rows) == limit:
                    break
                rows.append(shown(buried, now_ms))
            counts = await letters.counts()
            return {
                "total": sum(counts.values()),
                "streams": counts,
                "letters": rows,
                "next": rows[-1]["id"] if more else None,
            }

    found = settled(page())
    if as_json:
        print_json(found)
    else:
        show_page(found)


@dead.command()
@command_errors
def retry(
    ids: Ids = None,
    all_: Annotated[bool, typer.Option("--all", help="Every one, instead of IDs.")] = False,
    stream: OfStream = None,
    data_dir: DataDir = _DATA_DIR,
    redis_url: RedisUrl = None,
    as_json: AsJson = False,
) -> None:
    """Put events back on their streams, once each, for the groups that failed at them alone."""
    if bool(ids) == all_:
        raise typer.BadParameter("name IDs, or --all: one of the two")
    streams = streams_of(stream)

    async def put_back() -> dict[str, Any]:
        async with redis_connection(redis_url_of(data_dir, redis_url)) as redis:
            letters = DeadLetters(redis, streams)
            retriers = {of.name: Retrier(redis, of) for of in streams}
            began_ms = await clock_ms(redis)
            back: list[Row] = []
            kept: list[Row] = []
            gone: set[str] = set()
            async for buried in letters.walk() if all_ else letters_named(letters, ids or []):
                if buried.name in gone or buried.buried_at_ms > began_ms:
                    continue
                became = await retriers[buried.letter.stream.name].put_back(buried)
                if isinstance(became, PutBack):
                    back.append(_put_back(buried, became))
                    gone.update(back[-1]["letters"])
                else:
                    kept.append({"id": buried.name, "reason": became.reason})
            return {"retried": back, "kept": kept}

    found = settled(put_back())
    if as_json:
        print_json(found)
    else:
        for row in found["retried"]:
            typer.echo(
                f"{' and '.join(row['letters'])}: back on {row['stream']} as {row['entry_id']}, "
                f"for {' and '.join(row['groups'])}"
            )
        if not found["retried"] and not found["kept"]:
            typer.echo("no dead letters")
    for row in found["kept"]:
        typer.echo(f"{row['id']} stays: {row['reason']}", err=True)
    if found["kept"]:
        raise typer.Exit(FAILED)


@dead.command()
@command_errors
def drop(
    ids: Ids,
    reason: Annotated[str, typer.Option(help="Why, for the log.")],
    by: Annotated[str | None, typer.Option(help="Who drops; your user name if left out.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    stream: OfStream = None,
    data_dir: DataDir = _DATA_DIR,
    redis_url: RedisUrl = None,
    as_json: AsJson = False,
) -> None:
    """Take dead letters away for good; a log line on stderr says what each was."""
    if as_json and not yes:
        raise typer.BadParameter("--json asks nobody: say --yes too")
    streams = streams_of(stream)

    async def named() -> list[Buried]:
        async with redis_connection(url) as redis:
            letters = DeadLetters(redis, streams)
            return [buried async for buried in letters_named(letters, ids or [])]

    async def take_away() -> list[Row]:
        async with redis_connection(url) as redis:
            now_ms = await clock_ms(redis)
            who = by or getpass.getuser()
            return [
                shown(buried, now_ms)
                for buried in there
                if await drop_letter(redis, buried, who, reason)
            ]

    url = redis_url_of(data_dir, redis_url)
    there = settled(named())
    if not yes:
        names = ", ".join(buried.name for buried in there)
        typer.confirm(f"drop {names} for good?", abort=True, err=True)
    configure_logs("ratchet", "warning")
    rows = settled(take_away())
    if as_json:
        print_json({"dropped": rows})
    else:
        for row in rows:
            typer.echo(f"{row['id']}: dropped")
    for name in {buried.name for buried in there} - {row["id"] for row in rows}:
        typer.echo(f"{name}: no longer there, somebody else has retried or dropped it", err=True)


def _put_back(buried: Buried, became: PutBack) -> Row:
    return {
        "event_id": buried.event_id,
        "stream": buried.letter.stream.name,
        "entry_id": became.entry_id,
        "groups": list(became.groups),
        "letters": [letter.name for letter in became.letters],
    }
