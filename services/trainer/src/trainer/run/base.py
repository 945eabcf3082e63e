"""`python -m trainer.run.base` reads a `BaseRequest` on stdin and reports a `BaseProvided`."""

from ratchet.processes import Report, serve_parent
from ratchet_models.base_models import BaseModelMissing, materialize
from trainer.domain.runs.child_messages import BaseProvided, BaseRequest


def work(request: BaseRequest, report: Report) -> None:
    try:
        materialize(request.base_model, request.cache_dir)
        report(BaseProvided())
    except BaseModelMissing as missing:
        report(BaseProvided(problem=str(missing)))


if __name__ == "__main__":
    serve_parent(BaseRequest, work)
