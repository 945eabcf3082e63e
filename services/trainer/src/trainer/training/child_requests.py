"""Builds the requests to the child processes of a run."""

from trainer.backends.run_process.run_files import RunFiles
from trainer.domain.evaluation.reference_chats import ReferenceRequest, reference_prompts
from trainer.domain.runs.child_messages import TrainingResult, TrainRequest
from trainer.domain.runs.run import Run
from trainer.settings import TrainerSettings


def train_request(run: Run, files: RunFiles, settings: TrainerSettings) -> TrainRequest:
    """Prepare the run's files; raises `ArtifactMissing`, `ArtifactCorrupt` and `OSError`."""
    inputs = files.prepare(run)
    return TrainRequest(
        run_id=run.run_id,
        method=run.method,
        dataset=inputs.dataset,
        regression=inputs.regression,
        recipe=run.recipe,
        base_model=run.base_model,
        cache_dir=settings.cache_path.absolute(),
        work_dir=files.directory(run.run_id) / "work",
        champion=inputs.champion,
        afresh=run.parent is None,
    )


def reference_request(request: TrainRequest, trained: TrainingResult) -> ReferenceRequest:
    return ReferenceRequest(
        base_model=request.base_model,
        cache_dir=request.cache_dir,
        adapter=trained.adapter,
        device=request.recipe.device,
        spoken=reference_prompts(trained.cases, "voice"),
        plans=reference_prompts(trained.cases, "widget"),
        target=request.work_dir / "references.safetensors",
    )
