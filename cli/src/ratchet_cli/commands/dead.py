"""`ratchet dead`: list, retry and drop events that no consumer could handle."""

import getpass
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from ratchet.command_line import (
    DEFAULT_DATA_DIR,
    FAILED,
    AsJson,
    DataDir,
    Failed,
    RedisUrl,
    print_json,
    printable,
    redis_url_of,
    say,
)
from ratchet_cli.dead_letters import STREAM_NAMES
from ratchet_cli.formatting import age

if TYPE_CHECKING:
    from ratchet.contract import Stream

T = TypeVar("T")

_PREVIEW = 160

dead = typer.Typer(
    help="List, retry or drop events that no consumer could handle.", no_args_is_help=True
)


def _stream_names(incomplete: str) -> list[str]:
    return [name for name in STREAM_NAMES if name.startswith(incomplete)]


OfStream = Annotated[
    str | None, typer.Option(help="Only of this stream.", autocompletion=_stream_names)
]
Ids = Annotated[
    list[str] | None, typer.Argument(help="Such as feedback/1764000000000-0.", metavar="ID...")
]


@dead.command("list")
def list_letters(
    stream: OfStream = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Letters on one page.")] = 20,
    after: Annotated[
        str | None, typer.Option(help="The last ID of the previous page.", metavar="ID")
    ] = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    redis_url: RedisUrl = None,
    as_json: AsJson = False,
) -> None:
    """List dead letters by stream, oldest first."""
    streams = _streams(stream)
    from ratchet_cli.dead_letters.operations import list_page

    page = _run(list_page(redis_url_of(data_dir, redis_url), streams, limit, after))
    if as_json:
        print_json(page)
    else:
        _show_page(page)


@dead.command()
def retry(
    ids: Ids = None,
    all_: Annotated[bool, typer.Option("--all", help="Every letter, instead of IDs.")] = False,
    stream: OfStream = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    redis_url: RedisUrl = None,
    as_json: AsJson = False,
) -> None:
    """Append events to their streams again.

    Each is appended once; only the groups that failed handle it.
    """
    if bool(ids) == all_:
        raise typer.BadParameter("Pass either IDs or --all.")
    streams = _streams(stream)
    from ratchet_cli.dead_letters.operations import retry_letters

    url = redis_url_of(data_dir, redis_url)
    result = _run(retry_letters(url, streams, None if all_ else ids))
    if as_json:
        print_json(result)
    else:
        for row in result["retried"]:
            say(
                f"{' and '.join(row['letters'])}: back on {row['stream']} as {row['entry_id']}, "
                f"for {' and '.join(row['groups'])}"
            )
        if not result["retried"] and not result["kept"]:
            say("no dead letters")
    for row in result["kept"]:
        say(f"{row['id']} not retried: {row['reason']}", err=True)
    if result["kept"]:
        raise typer.Exit(FAILED)


@dead.command()
def drop(
    ids: Ids = None,
    *,
    reason: Annotated[str, typer.Option(help="The reason, for the log.")],
    all_: Annotated[bool, typer.Option("--all", help="Every letter, instead of IDs.")] = False,
    by: Annotated[str | None, typer.Option(help="Your name. Default: your user name.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    stream: OfStream = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    redis_url: RedisUrl = None,
    as_json: AsJson = False,
) -> None:
    """Delete dead letters.

    Each is logged on stderr, without its payload.
    """
    if bool(ids) == all_:
        raise typer.BadParameter("Pass either IDs or --all.")
    if as_json and not yes:
        raise typer.BadParameter("--json cannot prompt. Pass --yes.")
    streams = _streams(stream)
    from ratchet.telemetry import configure_logs
    from ratchet_cli.dead_letters.operations import drop_letters, find_letters

    url = redis_url_of(data_dir, redis_url)
    letters = _run(find_letters(url, streams, None if all_ else ids))
    if letters and not yes:
        names = ", ".join(letter.name for letter in letters) if ids else f"all {len(letters)}"
        typer.confirm(f"Drop {names}?", abort=True, err=True)
    configure_logs("ratchet", "warning")
    rows = _run(drop_letters(url, letters, by or getpass.getuser(), reason))
    if as_json:
        print_json({"dropped": rows})
    else:
        for line in [f"{row['id']}: dropped" for row in rows] or ["no dead letters"]:
            say(line)
    for name in {letter.name for letter in letters} - {row["id"] for row in rows}:
        say(f"{name}: no longer exists, it was retried or dropped meanwhile", err=True)


def _run(work: Coroutine[Any, Any, T]) -> T:
    import asyncio

    from ratchet_cli.dead_letters.letters import NoSuchLetter

    try:
        return asyncio.run(work)
    except NoSuchLetter as error:
        raise Failed(str(error)) from error


def _streams(name: str | None) -> "tuple[Stream, ...]":
    from ratchet.contract import STREAMS

    if name is None:
        return STREAMS
    for stream in STREAMS:
        if stream.name == name:
            return (stream,)
    known = ", ".join(stream.name for stream in STREAMS)
    raise typer.BadParameter(
        f"There is no stream {name!r}. Pass one of {known}.", param_hint="--stream"
    )


def _show_page(page: dict[str, Any]) -> None:
    """A few lines for each letter, under its stream."""
    if not page["total"]:
        say("no dead letters")
    stream = None
    for row in page["letters"]:
        if row["stream"] != stream:
            stream = row["stream"]
            say(f"{stream}: {page['streams'][stream]}")
        attempts = "1 attempt" if row["attempts"] == 1 else f"{row['attempts']} attempts"
        say(
            f"  {row['id']}  {_plain(row['group'])} failed after {attempts}, "
            f"{age(row['age_s'])} ago, on event {_plain(row['event_id'] or '(unknown)')}"
        )
        say(f"    error    {_plain(row['error'])}")
        if row["retry_fault"]:
            say(f"    retry    would fail again: {_plain(row['retry_fault'])}")
        say(f"    payload  {_plain(row['payload'], _PREVIEW)}")
    if page["next"]:
        say(f"more: --after {page['next']}")


def _plain(text: str, maximum: int | None = None) -> str:
    """One line, cut at `maximum`."""
    line = printable(text).replace("\n", "\N{MIDDLE DOT}")
    if maximum is None or len(line) <= maximum:
        return line
    return f"{line[:maximum]}… ({len(text)} characters)"
