"""A part of a service run as a process of its own, on the system that the command means."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from ratchet.command_line.redis import redis_url_of


def answer_of(
    module: str,
    options: Sequence[str],
    data_dir: Path,
    redis_url: str | None,
    environment: Mapping[str, str] | None = None,
) -> tuple[int, str]:
    """The exit status and stdout of `python -m module`; raises `Unreachable` without a system."""
    url = {"RATCHET_REDIS_URL": redis_url_of(data_dir, redis_url)}
    return local_answer_of(module, options, data_dir, {**(environment or {}), **url})


def local_answer_of(
    module: str,
    options: Sequence[str],
    data_dir: Path,
    environment: Mapping[str, str] | None = None,
) -> tuple[int, str]:
    """As `answer_of`, for what needs no running system."""
    ended = subprocess.run(
        [sys.executable, "-m", module, *options],
        env={
            **os.environ,
            **(environment or {}),
            "RATCHET_DATA_DIR": str(data_dir.resolve()),
        },
        stdout=subprocess.PIPE,
        check=False,
        text=True,
    )
    return ended.returncode, ended.stdout
