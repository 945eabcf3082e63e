"""Whether a scored revision teaches, or why not."""

from ratchet.contract import ExperienceScored
from trainer.domain.scorer.rules import LearningRules

OLDER = "an older revision"
SILENT = "nothing was said of its widgets"
QUOTA = "the operator's day is over"


def skipped(
    event: ExperienceScored, newest: int, taught_today: int, rules: LearningRules
) -> str | None:
    """Why `event` does not teach, or None.

    `newest` is the highest revision of its answer so far (0: none), `taught_today` how many
    revisions of its operator have taught that UTC day.
    """
    if event.revision <= newest:
        return OLDER
    plan = event.plan
    heard = (
        plan is not None
        and plan.widgets
        and (
            plan.reward is not None
            or any(widget.touched or widget.judged for widget in plan.widgets)
        )
    )
    if not heard:
        return SILENT
    most = rules.per_user_per_day if event.user_id else rules.unnamed_per_day
    return QUOTA if taught_today >= most else None
