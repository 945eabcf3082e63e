"""The child process of `run_child`: reads one request and writes JSON lines."""

import os
import sys
from collections.abc import Callable
from typing import TypeVar

from pydantic import BaseModel

from ratchet.processes.parent_death import die_with_parent
from ratchet.settings import CommonSettings, read_settings

R = TypeVar("R", bound=BaseModel)
Report = Callable[[BaseModel], None]


def serve_parent(request_type: type[R], work: Callable[[R, Report], None]) -> None:
    """Read the request from stdin and do `work`, which reports lines to the parent.

    It reads texts with the words of the site file, as the parent does. Standard output is
    redirected to stderr, so that libraries cannot print between the lines.
    """
    die_with_parent()
    read_settings(CommonSettings)
    request = request_type.model_validate_json(sys.stdin.buffer.read())
    output = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def report(line: BaseModel) -> None:
        output.write(line.model_dump_json() + "\n")
        output.flush()

    work(request, report)
