"""One answered question between two facts: what is known, what it is worth, at which revision."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from pydantic import Field

from ratchet.contract import Aspect, FollowUp, Value
from reward.domain.examples.candidates import Candidate, candidates_of
from reward.domain.examples.pairing import PairingRules
from reward.domain.examples.question import question_keys
from reward.domain.examples.trace_sampling import TraceReason, TraceSampling, reason_to_ask
from reward.domain.scoring.reaction import Reaction
from reward.domain.scoring.score import Score, score
from reward.domain.scoring.weights import Bounds, Weights
from reward.domain.state.answer import Answer
from reward.domain.state.clock import DAY, SECOND
from reward.domain.state.facts import Facts
from reward.domain.state.warnings import Oddity


class Policy(Value):
    """Every number a reward and its examples depend on; windows in days and seconds."""

    weights: Weights = Weights()
    bounds: Bounds = Bounds()
    pairing: PairingRules = PairingRules()
    traces: TraceSampling = TraceSampling()
    window_days: int = Field(default=30, ge=1)
    follow_up_window_s: int = Field(default=300, ge=0, le=86_400)

    @property
    def window(self) -> int:
        """How long after an experience what is said about it still counts, in microseconds."""
        return self.window_days * DAY

    @property
    def follow_up_window(self) -> int:
        return self.follow_up_window_s * SECOND


class Surroundings(Value):
    """What the operator's other questions tell about this one.

    `follow_up` is how the next question takes this answer, `request` the request that this
    question corrects an earlier one to, `teaches` whether it lies within the operator's quota.
    """

    follow_up: FollowUp | None = None
    request: str | None = None
    teaches: bool = True


class Answered(Value):
    """`revision` counts the verdicts so far; `keys` are the questions it answers, by aspect.

    `traced` tells that a teacher was asked: it is asked once, however often the verdict changes.
    """

    facts: Facts = Field(default_factory=Facts)
    around: Surroundings = Field(default_factory=Surroundings)
    keys: dict[Aspect, str] = Field(default_factory=dict)
    revision: int = 0
    traced: bool = False
    oddities: tuple[Oddity, ...] = ()


class Offer(NamedTuple):
    """What an answer brings to a question; None takes back what it brought before."""

    aspect: Aspect
    key: str
    candidate: Candidate | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """One revision; `said` and `follow_up` are what the score was made from.

    `trace` is why a teacher is asked now; None where it is not.
    """

    score: Score
    said: Reaction
    follow_up: FollowUp | None
    offers: tuple[Offer, ...]
    trace: TraceReason | None = None


def revise(
    before: Answered, facts: Facts, around: Surroundings, policy: Policy
) -> tuple[Answered, Verdict | None]:
    """Judge anew what differs from `before` in substance; no verdict where nothing does."""
    answer = facts.answer
    same = before.facts.substance == facts.substance and before.around == around
    if answer is None or same:
        odd = _oddities(before, facts, ())
        return before.model_copy(update={"facts": facts, "around": around, "oddities": odd}), None
    recorded_anew = facts.recorded != before.facts.recorded
    keys = question_keys(answer, policy.pairing.scope) if recorded_anew else before.keys
    said = facts.reaction
    worth = score(answer, said, policy.weights, policy.bounds, around.follow_up)
    trace = None
    if keys and not before.traced:
        trace = reason_to_ask(answer.query_id, said, policy.traces)
    after = Answered(
        facts=facts,
        around=around,
        keys=keys,
        revision=before.revision + 1,
        traced=before.traced or trace is not None,
        oddities=_oddities(before, facts, worth.oddities),
    )
    offers = tuple(_offers(before, after, answer, said, worth, policy))
    return after, Verdict(worth, said, said.follow_up_type or around.follow_up, offers, trace)


def _offers(
    before: Answered, after: Answered, answer: Answer, said: Reaction, worth: Score, policy: Policy
) -> Iterator[Offer]:
    """A candidate or none for each question, and nothing any more for those it has left."""
    for aspect, key in before.keys.items():
        if after.keys.get(aspect) != key:
            yield Offer(aspect, key, None)
    found: dict[Aspect, Candidate] = {}
    if after.around.teaches and after.keys:
        candidates = candidates_of(
            answer,
            said,
            worth,
            revision=after.revision,
            request=after.around.request,
            weights=policy.weights,
        )
        found = {candidate.aspect: candidate for candidate in candidates}
    for aspect, key in after.keys.items():
        if aspect in found or before.revision:
            yield Offer(aspect, key, found.get(aspect))


def _oddities(before: Answered, facts: Facts, scored: tuple[Oddity, ...]) -> tuple[Oddity, ...]:
    """Everything odd that was ever known of this answer, in order."""
    found = {*before.oddities, *facts.oddities, *scored}
    answer = facts.answer
    if answer is not None:
        found.update(answer.oddities)
    return tuple(sorted(found))
