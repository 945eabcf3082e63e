"""`python -m trainer.reference` reads a `ReferenceRequest` on stdin and writes its target."""

from ratchet.processes import Report, serve_parent
from trainer.domain.evaluation.reference_chats import ReferenceRequest


def work(request: ReferenceRequest, report: Report) -> None:
    from trainer.reference.recording import record

    record(request)


if __name__ == "__main__":
    serve_parent(ReferenceRequest, work)
