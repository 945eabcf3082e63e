"""`ratchet forget`: erase a user or a question everywhere, and sign a receipt."""

import getpass
from pathlib import Path
from typing import Annotated, Any

import typer

from ratchet.command_line import (
    DEFAULT_DATA_DIR,
    AsJson,
    DataDir,
    Failed,
    RedisUrl,
    print_json,
    redis_url_of,
    say,
    steps,
)


def forget(
    user: Annotated[
        str | None, typer.Option(help="All questions and feedback of this user.", metavar="ID")
    ] = None,
    query: Annotated[str | None, typer.Option(help="One question.", metavar="ID")] = None,
    by: Annotated[
        str | None, typer.Option(help="Who requests it; default: your user name.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not prompt.")] = False,
    retrain: Annotated[
        bool, typer.Option("--retrain", help="Request a training run without the erased data.")
    ] = False,
    deadline: Annotated[float, typer.Option(min=1, help="Seconds the services may take.")] = 120.0,
    verify: Annotated[
        Path | None, typer.Option(help="Erase nothing; check the signature of this receipt.")
    ] = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    redis_url: RedisUrl = None,
    as_json: AsJson = False,
) -> None:
    """Erase a user or a question everywhere, with a signed receipt.

    An erasure that was interrupted is completed first, whatever this one is for.
    """
    if verify is not None:
        _verify(verify, data_dir, as_json=as_json)
        return
    if (user is None) == (query is None):
        raise typer.BadParameter("pass either --user or --query, or --verify")
    if as_json and not yes:
        raise typer.BadParameter("--json cannot prompt; pass --yes")
    url = redis_url_of(data_dir, redis_url)

    import asyncio

    from ledger.erasure.erasure import UnknownSubject
    from ledger.erasure.journal import new_request
    from ledger.erasure.session import ERASURE_ERRORS, erase, preview
    from ledger.settings import LedgerSettings
    from ratchet.contract import utc_now
    from ratchet.delivery import new_id
    from ratchet.settings import read_settings

    settings = read_settings(LedgerSettings, data_dir=data_dir.resolve(), redis_url=url)
    request = new_request(new_id(), by or getpass.getuser(), utc_now(), retrain, user, query)
    try:
        if not yes:
            counts = asyncio.run(preview(settings, request.subject))
            typer.confirm(
                f"{user or query}: {counts['questions']} questions, {counts['examples']} examples "
                f"made of them, {counts['runs']} runs that used those. Erase them for good?",
                abort=True,
                err=True,
            )
        with steps() as step:
            receipt = asyncio.run(erase(settings, request, deadline, step))
    except UnknownSubject as error:
        subject = f"user {user!r}" if user else f"question {query!r}"
        raise Failed(
            f"No data of the {subject} is recorded, so nothing was erased. Check the spelling: "
            "experiences show the ids."
        ) from error
    except ERASURE_ERRORS as error:
        raise Failed(f"Not everything is erased: {error}") from error
    if as_json:
        print_json(receipt)
    else:
        _show(receipt)


def _verify(path: Path, data_dir: Path, *, as_json: bool) -> None:
    from ledger.erasure.receipt import InvalidReceipt, verified
    from ratchet.storage.signing_keys import UnusableKey, public_half

    key = public_half(data_dir / "keys" / "bundle.pem")
    try:
        record = verified(path.read_bytes(), key)
    except (InvalidReceipt, UnusableKey) as error:
        raise Failed(f"{path}: {error}") from error
    if as_json:
        print_json(record)
    else:
        say(f"{path}: signed by the key of {data_dir}, finished at {record['finished_at']}")


def _show(receipt: dict[str, Any]) -> None:
    say(f"{len(receipt['questions'])} questions erased")
    for place, counts in receipt["erased"].items():
        summary = counts if isinstance(counts, str) else _counted(counts)
        say(f"{place:>13}  {summary}")
    for version in receipt["models_trained_on_it"]:
        say(f"trained on the erased data: {version}")
    if receipt["models_trained_on_it"] and not receipt["retrain"]:
        say("Train without it: pass --retrain, or `ratchet rollback` to an earlier version.")
    say(f"receipt: {receipt['receipt']}")


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in counts.items()) or "nothing"
