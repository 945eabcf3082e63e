"""The events of a run. Their ids derive from the run's id, so a retry publishes the same events."""

from datetime import datetime

from ratchet.contract import (
    ArtifactRef,
    CheckpointReady,
    GateFigures,
    RunFinished,
    RunProgressed,
    RunStarted,
    derived_id,
)
from trainer.domain.evaluation.answer_comparisons import answer_comparisons
from trainer.domain.examples.dataset import Dataset
from trainer.domain.examples.fit import NOTHING, LeftOut
from trainer.domain.examples.selection import described
from trainer.domain.runs.child_messages import TrainingProgress, TrainingResult
from trainer.domain.runs.run import Run, RunEnd


def started(run: Run, dataset: Dataset) -> RunStarted:
    left_out = f"; left out: {described(dataset.left_out)}" if dataset.left_out else ""
    return RunStarted(
        event_id=derived_id(run.run_id, "started"),
        occurred_at=run.planned_at,
        run_id=run.run_id,
        method=run.method,
        base_model=run.base_model,
        dataset_sha256=run.dataset.artifact.sha256,
        pairs=run.dataset.train,
        held_out=run.dataset.held_out,
        reason=f"{run.reason}{run.remark}; held out by {dataset.unseen}{left_out}",
        example_ids=dataset.example_ids,
    )


def progressed(run_id: str, progress: TrainingProgress, now: datetime) -> RunProgressed:
    return RunProgressed(
        event_id=derived_id(run_id, "progressed", progress.stage, str(progress.step)),
        occurred_at=now,
        run_id=run_id,
        **progress.model_dump(exclude={"line"}),
    )


def broken(run: Run, end: RunEnd, seconds: float, left_out: LeftOut = NOTHING) -> RunFinished:
    return RunFinished(
        event_id=derived_id(run.run_id, "finished"),
        occurred_at=end.ended_at,
        caused_by=derived_id(run.run_id, "started"),
        run_id=run.run_id,
        method=run.method,
        verdict=end.verdict,
        reason=end.reason,
        pairs=run.dataset.train,
        seconds=seconds,
        left_out=left_out.examples,
    )


def finished(
    run: Run, end: RunEnd, trained: TrainingResult, figures: GateFigures, seconds: float
) -> RunFinished:
    return broken(run, end, seconds, trained.left_out).model_copy(
        update={
            "pairs": run.dataset.train if trained.taught is None else trained.taught,
            "before": trained.before.means(trained.held_out),
            "after": trained.after.means(trained.held_out),
            "gains": figures.held_out,
            "figures": figures,
            "answers": answer_comparisons(trained.cases, trained.before, trained.after),
            "curve": trained.curve,
        }
    )


def checkpoint(run: Run, end: RunEnd, manifest: ArtifactRef) -> CheckpointReady:
    return CheckpointReady(
        event_id=derived_id(run.run_id, "checkpoint"),
        occurred_at=end.ended_at,
        caused_by=derived_id(run.run_id, "finished"),
        run_id=run.run_id,
        base_model=run.base_model,
        manifest=manifest,
    )
