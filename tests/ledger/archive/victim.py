"""An archivist that kills itself at a named step: `victim.py URL DIRECTORY MOMENT`."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

from aged import archivist
from redis.asyncio import Redis

from ledger.archive.store import ArchiveStore
from ratchet.contract import MODELS

MOMENTS = {
    "aside, not renamed": (Path, "replace", "before"),
    "renamed, not read back": (ArchiveStore, "read", "before"),
    "read back, not trimmed": (Redis, "xtrim", "before"),
    "trimmed, not logged": (Redis, "xtrim", "after"),
}


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def deadly(method: Any, when: str, survives: int) -> Any:
    """`method`, whose call number `survives` + 1 is the last thing this process does."""
    left = survives

    def before(*arguments: Any, **named: Any) -> Any:
        nonlocal left
        if left == 0:
            die()
        left -= 1
        return method(*arguments, **named)

    async def after(*arguments: Any, **named: Any) -> Any:
        await method(*arguments, **named)
        die()

    return before if when == "before" else after


async def main(url: str, directory: str, moment: str, survives: int) -> None:
    owner, name, when = MOMENTS[moment]
    setattr(owner, name, deadly(getattr(owner, name), when, survives))
    async with Redis.from_url(url) as redis:
        await archivist(redis, ArchiveStore(directory)).archive(MODELS)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
