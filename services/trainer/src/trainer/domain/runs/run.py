"""A run from its plan to its end."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import Field

from ratchet.contract import ArtifactRef, Method, Value, Verdict, derived_id
from trainer.domain.examples.dataset import Dataset
from trainer.domain.runs.recipe import Recipe


class Run(Value):
    """`champion` is the manifest of the adapter to beat, `parent` of the one to go on from.

    None is the base. `trace` is the context that what follows from the plan carries.
    """

    run_id: str
    dataset: Dataset
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
    """`manifest` is there when the run was accepted."""

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
    ended_alike: int,
    now: datetime,
    trace: Mapping[str, str] | None = None,
) -> Run:
    """The run these inputs make: the same inputs after as many runs without a verdict are one."""
    run_id = derived_id(
        dataset.sha256,
        recipe.fingerprint,
        base_model,
        champion.sha256 if champion else "base",
        parent.sha256 if parent else "base",
        str(ended_alike),
    )
    return Run(
        run_id=run_id,
        dataset=dataset,
        recipe=recipe,
        base_model=base_model,
        champion=champion,
        parent=parent,
        reason=reason,
        planned_at=now,
        trace=dict(trace or {}),
    )
