"""One scored revision as the networks see it."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ratchet.contract import ExperienceScored, ServedPlan
from ratchet.ranking import (
    MOST_WIDGETS,
    SCENARIO_ROW,
    TEXT_SCALE,
    Embedding,
    Matrix,
    Vector,
    as_others,
    presence,
    structure_of,
    widget_rows,
)
from trainer.domain.scorer.holdout import is_held_out
from trainer.domain.scorer.targets import missing_target, plan_target, widget_targets


class Scored(NamedTuple):
    """A scored revision at its place in the order in which it came; some only count."""

    sequence: int
    event: ExperienceScored
    teaches: bool = True


@dataclass(frozen=True)
class Lesson:
    """`rows` (n, 45) and `targets` (n,) of widgets, `shown` (19,) of the plan.

    The widgets are those that were shown, in their order, and behind them those that were missed.

    `text` (768,) is the question's embedding, scaled as an input. `worth` is what the plan is
    worth as a whole, None where nothing was said of it.
    """

    sequence: int
    query_id: str
    held_out: bool
    plan: ServedPlan
    rows: Matrix
    targets: Vector
    text: Vector
    shown: Vector
    worth: float | None


def lesson_of(scored: Scored, embedding: Embedding) -> Lesson | None:
    """None where no widget was shown or nothing was said; at most 24 widgets count."""
    plan = scored.event.plan
    targets = widget_targets(plan) if plan is not None and plan.widgets else None
    if plan is None or targets is None:
        return None
    scenarios = [widget.scenario for widget in plan.widgets[:MOST_WIDGETS]]
    missing = [SCENARIO_ROW[name] for name in plan.missing if name in SCENARIO_ROW]
    rows = widget_rows(structure_of(plan.query, len(scenarios)), scenarios)
    missed = as_others(rows[:1].repeat(len(missing), axis=0), np.array(missing, np.int64))
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
        worth=plan_target(plan),
    )
