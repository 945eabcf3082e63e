"""A run from its plan to its end."""

from collections.abc import Mapping
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
    from; None is the base model. `trace` is the trace context of the plan.
    """

    run_id: str
    dataset: DatasetReference
    recipe: Recipe
    base_model: str
    champion: ArtifactRef | None
    parent: ArtifactRef | None
    reason: str
    planned_at: datetime
    trace: dict[str, str] = Field(default_factory=dict)

    @property
    def method(self) -> Method:
        return self.dataset.method


class RunEnd(Value):
    """How a run ended; an accepted one has a `manifest`."""

    verdict: Verdict
    reason: str
    ended_at: datetime
    manifest: ArtifactRef | None = None


def plan_run(
    dataset: Dataset,
    recipe: Recipe,
    base_model: str,
    champion: ArtifactRef | None,
    parent: ArtifactRef | None,
    reason: str,
    earlier_attempts: int,
    now: datetime,
    trace: Mapping[str, str] | None = None,
) -> Run:
    """Plan a run whose id is derived from its inputs.

    `earlier_attempts` counts the runs on the same dataset that ended without a judgement: it
    gives a repetition an id of its own.
    """
    run_id = derived_id(
        dataset.sha256,
        recipe.fingerprint,
        base_model,
        champion.sha256 if champion else "base",
        parent.sha256 if parent else "base",
        str(earlier_attempts),
    )
    return Run(
        run_id=run_id,
        dataset=DatasetReference.to(dataset),
        recipe=recipe,
        base_model=base_model,
        champion=champion,
        parent=parent,
        reason=reason,
        planned_at=now,
        trace=dict(trace or {}),
    )
