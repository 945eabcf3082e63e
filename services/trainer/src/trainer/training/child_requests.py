"""What the processes of a run are asked for."""

from trainer.domain.evaluation.reference_chats import ReferenceRequest, prompts
from trainer.domain.runs.child_messages import Trained, TrainRequest
from trainer.domain.runs.run import Run
from trainer.ports import Files
from trainer.settings import TrainerSettings


def train_request(run: Run, files: Files, settings: TrainerSettings) -> TrainRequest:
    """Lay out the run's files; raises `ArtifactMissing`, `ArtifactCorrupt` and `OSError`."""
    laid_out = files.lay_out(run.run_id, run.dataset, run.champion)
    return TrainRequest(
        run_id=run.run_id,
        dataset=laid_out.dataset,
        regression=laid_out.regression,
        recipe=run.recipe,
        base_model=run.base_model,
        cache_dir=settings.cache_path.absolute(),
        work_dir=files.directory(run.run_id) / "work",
        champion=laid_out.champion,
        afresh=run.parent is None,
    )


def reference_request(request: TrainRequest, trained: Trained) -> ReferenceRequest:
    return ReferenceRequest(
        base_model=request.base_model,
        cache_dir=request.cache_dir,
        adapter=trained.adapter,
        device=request.recipe.device,
        spoken=prompts(trained.cases, "voice"),
        plans=prompts(trained.cases, "widget"),
        target=request.work_dir / "references.safetensors",
    )
