"""Decides whether a scored revision teaches the scorers."""

from ratchet.contract import ExperienceScored
from trainer.domain.scorer.rules import LearningRules

# Stored with each revision and shown on `/status`: the texts are data.
OLDER = "an older revision"
SILENT = "nothing was said of its widgets"
QUOTA = "the operator's day is over"


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
