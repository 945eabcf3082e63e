"""A run from its plan to its end."""

from datetime import datetime
from typing import Self

from pydantic import Field

from ratchet.contract import ArtifactRef, Method, Value, Verdict, derived_id
from trainer.domain.examples.dataset import Dataset
from trainer.domain.runs.recipe import Recipe


class DatasetReference(Value):
    """The artifact with a run's `Dataset`, and the number of examples on each side of it."""

    artifact: ArtifactRef
    method: Method
    train: int
    held_out: int

    @classmethod
    def to(cls, dataset: Dataset) -> Self:
        artifact = ArtifactRef(
            sha256=dataset.sha256, size=len(dataset.canonical()), name="dataset.json"
        )
        return cls(
            artifact=artifact,
            method=dataset.method,
            train=len(dataset.train),
            held_out=len(dataset.held_out),
        )


class Run(Value):
    """A planned run.

    `champion` is the manifest of the adapter to beat, `parent` that of the adapter to continue
    from; None is the base model. `base_key` is that of the `BaseIdentity`, None in older runs.
    `remark` is for the run's report. `widgets` is whether the assistant shows any. `trace` is the
    trace context of the plan.
    """

    run_id: str
    dataset: DatasetReference
    recipe: Recipe
    base_model: str
    champion: ArtifactRef | None
    parent: ArtifactRef | None
    reason: str
    planned_at: datetime
    base_key: str | None = None
    remark: str = ""
    widgets: bool = True
    trace: dict[str, str] = Field(default_factory=dict)

    @property
    def method(self) -> Method:
        return self.dataset.method

    def identified(self, earlier_attempts: int) -> Self:
        """The run with an id derived from its inputs.

        `earlier_attempts` counts the runs on the same dataset that ended without a judgement: it
        gives a repetition an id of its own.
        """
        run_id = derived_id(
            self.dataset.artifact.sha256,
            self.recipe.fingerprint,
            self.base_model,
            self.champion.sha256 if self.champion else "base",
            self.parent.sha256 if self.parent else "base",
            str(earlier_attempts),
        )
        return self.model_copy(update={"run_id": run_id})


class RunEnd(Value):
    """How a run ended; an accepted one has a `manifest`.

    `of_base` is whether it ended because of its base model, whatever its examples.
    """

    verdict: Verdict
    reason: str
    ended_at: datetime
    manifest: ArtifactRef | None = None
    of_base: bool = False
