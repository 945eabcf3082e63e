"""`python -m ledger.erasure`: forget a person or a question, and print the receipt."""

import asyncio
import getpass
import json
import sys
from typing import Annotated, Any

import typer
from pydantic import Field
from redis.exceptions import RedisError

from ledger.archive.filesystems import CannotOpen
from ledger.archive.store import ArchiveStore, Corrupt
from ledger.backends.database import open_for_reading
from ledger.erasure.erasure import NotAnswered, Place, followed, forget, new_request
from ledger.erasure.journal import Request
from ledger.reading.reader import SqlLedgerReader
from ledger.settings import LedgerSettings
from ratchet.contract import new_id, utc_now
from ratchet.service import create_redis
from ratchet.settings import read_settings
from ratchet.storage.signing_keys import UnusableKey

_TROUBLE = (CannotOpen, Corrupt, NotAnswered, UnusableKey, RedisError, OSError)


class ForgetSettings(LedgerSettings):
    """`forget_deadline_s` is how long the services may take to erase their parts."""

    forget_deadline_s: float = Field(default=120.0, gt=0)


def main(
    user: Annotated[str | None, typer.Option(help="Everything this person asked.")] = None,
    query: Annotated[str | None, typer.Option(help="One question.")] = None,
    by: Annotated[str | None, typer.Option(help="Who asks for it.")] = None,
    retrain: Annotated[bool, typer.Option("--retrain", help="Ask for a run without it.")] = False,
    look: Annotated[bool, typer.Option("--look", help="Only say what would be erased.")] = False,
) -> None:
    """Exit 0 with the receipt as JSON, 1 with the reason where something is still there."""
    wanted = new_request(new_id(), by or getpass.getuser(), utc_now(), retrain, user, query)
    try:
        told = asyncio.run(_carry_out(read_settings(ForgetSettings), wanted, look))
    except _TROUBLE as error:
        sys.stderr.write(f"{error}\n")
        raise typer.Exit(1) from error
    sys.stdout.write(json.dumps(told) + "\n")


async def _carry_out(settings: ForgetSettings, wanted: Request, look: bool) -> dict[str, Any]:
    """What a kill left half done comes first."""
    store = ArchiveStore(settings.archive_place)
    engine = open_for_reading(settings.ledger_database)
    async with create_redis(settings) as redis:
        place = Place(
            redis,
            store,
            SqlLedgerReader(engine),
            settings.data_dir,
            settings.data_dir / "keys" / "bundle.pem",
            settings.forget_deadline_s,
        )
        if look:
            subject = await followed(place, wanted.subject)
            return {
                "questions": len(subject.query_ids),
                "examples": len(subject.example_ids),
                "runs": len(subject.run_ids),
            }
        for request in place.journal.unfinished():
            await forget(place, request)
        return await forget(place, wanted)


if __name__ == "__main__":
    typer.run(main)
