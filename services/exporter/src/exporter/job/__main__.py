"""`python -m exporter.job`: an `ExportRequest` on stdin, a `Line` per stage and its outcome."""

from exporter.backends.work_dir import held, remove
from exporter.job.clock import StageClock
from exporter.request import ExportRequest
from ratchet.as_child import Report, serve_parent


def work(request: ExportRequest, report: Report) -> None:
    with held(request.work_dir):
        clock = StageClock(report)
        with clock.stage("load"):
            from exporter.job.pipeline import export
        outcome = export(request, clock)
        remove(request.work_dir)
        report(outcome)


if __name__ == "__main__":
    serve_parent(ExportRequest, work)
