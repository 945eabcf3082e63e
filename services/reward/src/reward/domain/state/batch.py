"""What one batch of facts does to the answers it touches, itself and its operators' neighbours."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from ratchet.contract import ExperienceRecorded, microseconds
from reward.domain.follow_up.classifier import read_follow_up
from reward.domain.follow_up.correction import corrected_request
from reward.domain.state.answer import Answer
from reward.domain.state.clock import DAY
from reward.domain.state.facts import Fact, Facts, absorb, query_id_of
from reward.domain.state.operator_day import Neighbours, OperatorDay, Turn, days_around, neighbours
from reward.domain.state.scored_answer import Answered, Policy, Verdict, revise
from reward.domain.state.warnings import Oddity


class DayKey(NamedTuple):
    """An operator's UTC day, counted from 1970."""

    user_id: str
    day: int


class Place(NamedTuple):
    """Where a new turn stands among its operator's others; `pushed_out` left the day's quota."""

    neighbours: Neighbours
    teaches: bool
    pushed_out: str | None


class Judged(NamedTuple):
    """What became of one answer: a new revision or none, and what was first found odd now."""

    query_id: str
    verdict: Verdict | None
    new_oddities: frozenset[Oddity]


@dataclass
class Book:
    """The answers and days a batch needs, as they stand; `take` moves them on fact by fact."""

    policy: Policy
    answers: dict[str, Answered] = field(default_factory=dict)
    days: dict[DayKey, OperatorDay] = field(default_factory=dict)

    def place(self, fact: Fact) -> Place | None:
        """Enter the turn of an experience into its day; None where nobody is named."""
        if not isinstance(fact, ExperienceRecorded) or not fact.experience.user_id:
            return None
        experience, window = fact.experience, self.policy.follow_up_window
        turn = Turn(microseconds(experience.timestamp), experience.query_id)
        own = DayKey(experience.user_id, turn.at // DAY)
        before = self.days.get(own, OperatorDay())
        day = before.with_turn(turn)
        self.days[own] = day
        around = [
            self.days.get(DayKey(experience.user_id, number), OperatorDay())
            for number in days_around(turn.at, window)
        ]
        quota = self.policy.pairing.max_answers_per_user_per_day
        beyond = day.beyond(quota) if day != before else None
        return Place(
            neighbours(around, turn, window),
            turn in day.turns[:quota],
            beyond.query_id if beyond is not None and beyond != turn else None,
        )

    def take(self, fact: Fact, place: Place | None) -> Iterator[Judged]:
        """Add one fact; yields every answer it gave a new verdict or oddity."""
        query_id = query_id_of(fact)
        known = self.answers.get(query_id) or Answered()
        facts = absorb(known.facts, fact, self.policy.window)
        changes: dict[str, dict[str, object]] = {query_id: {}}
        if place is not None and facts.answer is not None:
            changes |= self._surroundings(facts.answer, place)
        for changed_id, around in changes.items():
            before = self.answers.get(changed_id) or Answered()
            after_facts = facts if changed_id == query_id else before.facts
            yield from self.settle(changed_id, before, after_facts, around)

    def settle(
        self, query_id: str, before: Answered, facts: Facts, around: dict[str, object]
    ) -> Iterator[Judged]:
        """Judge `query_id` anew where its `facts` or what is `around` it differ from `before`."""
        moved = before.around.model_copy(update=around) if around else before.around
        if facts is before.facts and moved == before.around:
            return
        after, verdict = revise(before, facts, moved, self.policy)
        new = frozenset(after.oddities) - frozenset(before.oddities)
        self.answers[query_id] = after
        if verdict is not None or new:
            yield Judged(query_id, verdict, new)

    def _surroundings(self, answer: Answer, place: Place) -> dict[str, dict[str, object]]:
        """What the new turn tells about itself and about the turns around it, by query id."""
        before, after = place.neighbours
        own: dict[str, object] = {"teaches": place.teaches}
        changes = {answer.query_id: own}
        previous = self.answer_at(before)
        if before is not None and previous is not None:
            kind = read_follow_up(previous.transcript, answer.transcript).kind
            changes[before.query_id] = {"follow_up": kind}
            own["request"] = request_between(previous, answer, kind)
        following = self.answer_at(after)
        if after is not None and following is not None:
            kind = read_follow_up(answer.transcript, following.transcript).kind
            own["follow_up"] = kind
            changes[after.query_id] = {"request": request_between(answer, following, kind)}
        if place.pushed_out is not None:
            changes.setdefault(place.pushed_out, {})["teaches"] = False
        return changes

    def answer_at(self, turn: Turn | None) -> Answer | None:
        known = self.answers.get(turn.query_id) if turn is not None else None
        return known.facts.answer if known is not None else None


def request_between(previous: Answer, following: Answer, kind: str | None) -> str | None:
    if kind != "correction":
        return None
    return corrected_request(previous.transcript, following.transcript)


def days_of(facts: Iterable[Fact], policy: Policy) -> set[DayKey]:
    """The days that placing these facts will look at."""
    return {
        DayKey(fact.experience.user_id, number)
        for fact in facts
        if isinstance(fact, ExperienceRecorded) and fact.experience.user_id
        for number in days_around(microseconds(fact.experience.timestamp), policy.follow_up_window)
    }


def touched_by(places: Iterable[Place | None]) -> set[str]:
    """The answers beside the facts' own that taking them may change."""
    return {
        query_id
        for place in places
        if place is not None
        for query_id in (
            *(turn.query_id for turn in place.neighbours if turn is not None),
            place.pushed_out,
        )
        if query_id is not None
    }
