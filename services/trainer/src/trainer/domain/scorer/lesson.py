"""Whether a scored revision teaches, and its network inputs and targets."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ratchet.contract import ExperienceScored, ServedPlan
from ratchet_ranking import (
    MOST_WIDGETS,
    SCENARIO_ROW,
    TEXT_SCALE,
    Embedding,
    Matrix,
    Vector,
    presence,
    structure_inputs,
    widget_rows,
    with_scenarios,
)
from trainer.domain.scorer.holdout import is_held_out
from trainer.domain.scorer.rules import LearningRules
from trainer.domain.scorer.targets import missing_target, plan_target, widget_targets

# Stored with each revision and shown on `/status`: the texts are data.
OLDER = "an older revision"
SILENT = "nothing was said of its widgets"
QUOTA = "the operator's day is over"


class ScoredRevision(NamedTuple):
    """A scored revision with its number in order of arrival; some only count."""

    sequence: int
    event: ExperienceScored
    teaches: bool = True


@dataclass(frozen=True)
class Lesson:
    """`rows` (n, 45) and `targets` (n,) of widgets, `shown` (19,) the presence of scenarios.

    The widgets are those shown, in order, then those the judge missed. `text` (768,) is the
    question's embedding, scaled as an input. `plan_target` is the target of the plan as a whole,
    None without feedback on it.
    """

    sequence: int
    query_id: str
    held_out: bool
    plan: ServedPlan
    rows: Matrix
    targets: Vector
    text: Vector
    shown: Vector
    plan_target: float | None


def to_lesson(scored: ScoredRevision, embedding: Embedding) -> Lesson | None:
    """The lesson of at most 24 widgets; None without widgets or without feedback."""
    plan = scored.event.plan
    targets = widget_targets(plan) if plan is not None and plan.widgets else None
    if plan is None or targets is None:
        return None
    scenarios = [widget.scenario for widget in plan.widgets[:MOST_WIDGETS]]
    missing = [SCENARIO_ROW[name] for name in plan.missing if name in SCENARIO_ROW]
    rows = widget_rows(structure_inputs(plan.query, len(scenarios)), scenarios)
    missed = with_scenarios(rows[:1].repeat(len(missing), axis=0), np.array(missing, np.int64))
    text = np.float32(TEXT_SCALE) * embedding.embed(plan.query.transcript)
    return Lesson(
        sequence=scored.sequence,
        query_id=scored.event.query_id,
        held_out=is_held_out(plan.query),
        plan=plan,
        rows=np.concatenate([rows, missed]),
        targets=np.array(
            [*targets[:MOST_WIDGETS], *[missing_target(plan)] * len(missing)], np.float32
        ),
        text=text,
        shown=presence(scenarios),
        plan_target=plan_target(plan),
    )


def skip_reason(
    event: ExperienceScored, newest: int, taught_today: int, rules: LearningRules
) -> str | None:
    """Why `event` does not teach, or None.

    `newest` is the highest revision of its experience so far (0: none), `taught_today` the number
    of revisions of its operator that have taught on that UTC day.
    """
    if event.revision <= newest:
        return OLDER
    plan = event.plan
    has_feedback = (
        plan is not None
        and plan.widgets
        and (
            plan.reward is not None
            or any(widget.touched or widget.judged for widget in plan.widgets)
        )
    )
    if not has_feedback:
        return SILENT
    most = rules.per_user_per_day if event.user_id else rules.unnamed_per_day
    return QUOTA if taught_today >= most else None
