"""`python -m trainer.run`: a `TrainRequest` on stdin, a `Line` for every step and the end."""

from ratchet.processes import Report, serve_parent
from trainer.domain.runs.child_messages import TrainRequest


def work(request: TrainRequest, report: Report) -> None:
    from trainer.run.pipeline import run

    end = run(request, report)
    if end is not None:
        report(end)


if __name__ == "__main__":
    serve_parent(TrainRequest, work)
