"""`python -m exporter.job`: an `ExportRequest` on stdin, a `Line` per stage and its outcome."""

import os
import sys

from pydantic import BaseModel

from exporter.backends.work_dir import held, remove
from exporter.job.clock import StageClock
from exporter.request import ExportRequest
from ratchet.child import die_with_parent


def main() -> None:
    die_with_parent()
    request = ExportRequest.model_validate_json(sys.stdin.buffer.read())
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print is not an answer

    def report(line: BaseModel) -> None:
        answers.write(line.model_dump_json() + "\n")
        answers.flush()

    with held(request.work_dir):
        clock = StageClock(report)
        with clock.stage("load"):
            from exporter.job.pipeline import export
        outcome = export(request, clock)
        remove(request.work_dir)
        report(outcome)


if __name__ == "__main__":
    main()
