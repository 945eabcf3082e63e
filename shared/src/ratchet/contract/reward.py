"""What a reaction is worth: one revision of one experience's reward, fully explained."""

from typing import Literal

from pydantic import Field

from ratchet.contract.event import Event
from ratchet.contract.experience import FollowUp, Rating
from ratchet.contract.ranking import ServedPlan


class ExperienceScored(Event):
    """Revision `revision` (from 1) replaces every lower revision of the same experience.

    `total` is the sum of `components` clipped to [-2, 2]. `widget_reward` and `voice_reward`
    are `None` when nothing was said about that aspect. `settings_hash` names the weights and
    bounds used, `follow_up` what was said or read from the operator's next question, and
    `warnings` the kinds of what was odd about the answer or the reaction. `plan` is None where
    no widgets were shown.
    """

    type: Literal["ExperienceScored"] = "ExperienceScored"
    query_id: str
    user_id: str = ""
    revision: int = Field(ge=1)
    rating: Rating | None = None
    follow_up: FollowUp | None = None
    total: float = Field(ge=-2, le=2)
    components: dict[str, float]
    widget_reward: float | None = None
    voice_reward: float | None = None
    voice_response_rating: Literal["good", "bad"] | None = None
    text_quality: dict[str, float] | None = None
    settings_hash: str
    warnings: tuple[str, ...] = ()
    plan: ServedPlan | None = None
