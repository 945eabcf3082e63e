"""The reward of an experience, with its components."""

from typing import Literal

from pydantic import Field

from ratchet.contract.event import Event
from ratchet.contract.experience import FollowUp, Rating
from ratchet.contract.ranking_events.decisions import ServedPlan


class ExperienceScored(Event):
    """Revision `revision` (from 1) replaces every lower revision of the same experience.

    `total` is the sum of `components` clipped to [-2, 2]. `widget_reward` and `voice_reward`
    are `None` without feedback on that aspect. `settings_hash` identifies the weights and bounds,
    `follow_up` is reported or derived from the operator's next question, `follow_up_reason` is the
    reason, also for none, and `warnings` are kinds of problems with the answer or the
    feedback. `plan` is None if no widgets were shown. `calls` are the ids of the calls that the
    answer is joined to.
    """

    type: Literal["ExperienceScored"] = "ExperienceScored"
    query_id: str
    user_id: str = ""
    revision: int = Field(ge=1)
    rating: Rating | None = None
    follow_up: FollowUp | None = None
    follow_up_reason: str = ""
    total: float = Field(ge=-2, le=2)
    components: dict[str, float]
    widget_reward: float | None = None
    voice_reward: float | None = None
    voice_response_rating: Literal["good", "bad"] | None = None
    text_quality: dict[str, float] | None = None
    settings_hash: str
    warnings: tuple[str, ...] = ()
    plan: ServedPlan | None = None
    calls: tuple[str, ...] = Field(default=(), exclude_if=lambda calls: not calls)
