"""The child's side of `ratchet.processes.child`: one request in, JSON lines out."""

import os
import sys
from collections.abc import Callable
from typing import TypeVar

from pydantic import BaseModel

from ratchet.processes.parent_death import die_with_parent

R = TypeVar("R", bound=BaseModel)
Report = Callable[[BaseModel], None]


def serve_parent(request_type: type[R], work: Callable[[R, Report], None]) -> None:
    """Read the request from stdin and do `work`, which reports lines to the parent.

    Whatever libraries print goes to stderr: it is no answer.
    """
    die_with_parent()
    request = request_type.model_validate_json(sys.stdin.buffer.read())
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def report(line: BaseModel) -> None:
        answers.write(line.model_dump_json() + "\n")
        answers.flush()

    work(request, report)
