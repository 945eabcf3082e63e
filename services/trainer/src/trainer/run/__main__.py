"""`python -m trainer.run` reads a `TrainRequest` on stdin and reports `ChildMessage`s."""

from ratchet.processes import Report, serve_parent
from trainer.domain.runs.child_messages import TrainRequest


def work(request: TrainRequest, report: Report) -> None:
    from trainer.run.pipeline import run

    end = run(request, report)
    if end is not None:
        report(end)


if __name__ == "__main__":
    serve_parent(TrainRequest, work)
