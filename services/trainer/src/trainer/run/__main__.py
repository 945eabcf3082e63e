"""`python -m trainer.run`: a `TrainRequest` on stdin, a `Line` for every step and the end."""

import os
import sys

from pydantic import BaseModel

from ratchet.child import die_with_parent
from trainer.domain.job import TrainRequest


def main() -> None:
    die_with_parent()
    request = TrainRequest.model_validate_json(sys.stdin.buffer.read())
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print is not an answer

    def report(line: BaseModel) -> None:
        answers.write(line.model_dump_json() + "\n")
        answers.flush()

    from trainer.run.pipeline import run

    report(run(request, report))


if __name__ == "__main__":
    main()
