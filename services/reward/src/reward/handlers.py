"""Turns facts into rewards and examples; their state is in Redis, written with the ack."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from ratchet.contract import (
    CallServed,
    Delivered,
    Done,
    Event,
    ExperienceRecorded,
    Outcome,
    State,
    Value,
    Write,
    derived_id,
    microseconds,
    utc_now,
)
from ratchet.storage import without_forgotten
from ratchet_text import language_of
from reward.domain.answers.durations import SECOND
from reward.domain.answers.warnings import RewardWarning
from reward.domain.examples.example_set import QuestionState, offer
from reward.domain.state.answer_facts import Fact, query_id_of
from reward.domain.state.batch_state import AnswerChange, BatchState, affected_by, days_of
from reward.domain.state.call_state import CallState
from reward.domain.state.future_statements import as_of
from reward.domain.state.operator_day import OperatorDay
from reward.domain.state.policy import RewardPolicy
from reward.domain.state.question_offers import QuestionOffers, collect, new_question
from reward.domain.state.score_events import score_events
from reward.domain.state.scored_answer import ScoredAnswer
from reward.domain.state.state_keys import (
    CALLS_FOR_S,
    QuestionKey,
    answer_key,
    call_key,
    day_key,
    place_key,
    question_key,
)
from reward.domain.state.stored_answers import about_stored_answers
from reward.domain.state.stored_values import changed, read_values, revision_floor
from reward.metrics import RewardMetrics

Input = Fact | CallServed
_log = logging.getLogger(__name__)


class RewardHandlers:
    """One handler for facts and calls: the result is the same, whichever comes first.

    `conflicts` counts, since the start, query ids with a second answer of another content.
    """

    def __init__(
        self, policy: RewardPolicy, metrics: RewardMetrics, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self.conflicts = 0
        self._clock = clock
        self._policy = policy
        # Feedback changes an answer within one window of it, and that answer changes the examples
        # of those within one window of itself: after two windows nothing reads a value again.
        self._ttl_s = 2 * policy.window // SECOND
        numbers = (policy.weights.model_dump_json(), policy.bounds.model_dump_json())
        self._settings_hash = derived_id(*numbers)[:12]
        self._metrics = metrics

    async def handle(self, batch: Sequence[Delivered[Input]], state: State) -> Sequence[Outcome]:
        """Rewards and examples of the facts and calls; those of erased questions are dropped."""
        remaining = await without_forgotten(state, batch)
        if len(remaining) < len(batch):
            dropped = len(batch) - len(remaining)
            _log.warning("dropped %d facts about erased questions", dropped)
        kept = {id(each) for each in remaining}
        outcomes = iter(await self._outcomes(remaining, state) if remaining else ())
        return [next(outcomes) if id(each) in kept else Done() for each in batch]

    async def _outcomes(
        self, delivered: Sequence[Delivered[Input]], state: State
    ) -> Sequence[Outcome]:
        """An outcome per fact. The batch commits as one: the last outcome writes its state."""
        batch = [each.event for each in delivered]
        arrivals = [each.entry_id for each in delivered]
        current = BatchState(self._policy, language_of, await revision_floor(state))
        numbers = [n for n, event in enumerate(batch) if not isinstance(event, CallServed)]
        facts = [event for event in batch if not isinstance(event, CallServed)]
        own = set(map(query_id_of, facts))
        current.answers = await read_values(state, answer_key, own, ScoredAnswer)
        facts = await about_stored_answers(facts, current, state)
        own |= current.answers.keys()
        now = microseconds(self._clock())
        current.answers = {name: as_of(known, now) for name, known in current.answers.items()}
        current.days = await read_values(state, day_key, days_of(facts, self._policy), OperatorDay)
        days_before = dict(current.days)
        first = current.first_arrivals(
            (fact, arrivals[n]) for n, fact in zip(numbers, facts, strict=True)
        )
        positions = [
            current.add_turn(fact) if arrivals[n] == first.get(query_id_of(fact)) else None
            for n, fact in zip(numbers, facts, strict=True)
        ]
        others = affected_by(positions) - own
        current.answers |= await read_values(state, answer_key, others, ScoredAnswer)
        answers_before = dict(current.answers)

        emits: list[list[Event]] = [[] for _ in batch]
        offers: dict[QuestionKey, QuestionOffers] = {}
        for number, fact, position in zip(numbers, facts, positions, strict=True):
            for change in current.add(fact, arrivals[number], position):
                self._warn(fact, change)
                emits[number].extend(self.score_events(fact, change, current))
                collect(offers, change, number)

        calls = CallState(state, current)
        causes = _causes_of_joins(batch, zip(numbers, facts, strict=True))
        served = (event for event in batch if isinstance(event, CallServed))
        affected = await calls.add(served, causes.keys() & own)
        for change, joins in await calls.join(affected.keys()):
            number = causes[affected[change.query_id]]
            self._metrics.count_joins(joins)
            # After the scores of every fact: a reader takes the last one as the latest revision.
            emits[-1].extend(self.score_events(batch[number], change, current))
            collect(offers, change, number)

        writes = await self._update_examples(batch, current, offers, emits, state)
        writes |= changed(answer_key, calls.stored_answers | answers_before, current.answers)
        writes |= changed(day_key, days_before, current.days)
        outcomes = [Done(emits=tuple(events)) for events in emits]
        state_writes = (*self.writes(writes), *self.call_writes(calls))
        outcomes[-1] = Done(outcomes[-1].emits, state_writes)
        self._metrics.count(batch, outcomes, self._clock())
        return outcomes

    async def status(self) -> dict[str, int]:
        """The fields of the service's `/status`."""
        return {"answer_conflicts": self.conflicts}

    def _warn(self, fact: Fact, change: AnswerChange) -> None:
        self._metrics.warn(change.new_warnings)
        if RewardWarning.CONFLICT in change.new_warnings:
            self.conflicts += 1
            _log.warning(
                "another answer came under this query id; the first one stays",
                extra={"query_id": change.query_id, "event_id": fact.event_id},
            )

    async def _update_examples(
        self,
        batch: Sequence[Input],
        current: BatchState,
        offers: Mapping[QuestionKey, QuestionOffers],
        emits: Sequence[list[Event]],
        state: State,
    ) -> dict[str, Value]:
        """Each changed question by its key in Redis; adds the events of its examples to `emits`."""
        questions = await read_values(state, question_key, offers, QuestionState)
        writes: dict[str, Value] = {}
        for name, offered in offers.items():
            known = questions.get(name) or new_question(name, offered, current.answers)
            if known is not None:
                rules, window = self._policy.pairing, self._policy.window
                cause = batch[offered.fact]
                known = known.above(current.floor)
                after, events = offer(known, offered.candidates, rules, window, cause)
                emits[offered.fact].extend(events)
                writes[question_key(name)] = after
        return writes

    def score_events(
        self, cause: Event, change: AnswerChange, current: BatchState
    ) -> Iterable[Event]:
        rules = self._policy.pairing
        return score_events(cause, change, current.answers, rules, self._settings_hash)

    def writes(self, values: Mapping[str, Value]) -> Iterable[Write]:
        for key, value in values.items():
            yield Write(key, value.model_dump_json().encode(), self._ttl_s)

    def call_writes(self, calls: CallState) -> Iterable[Write]:
        """Calls that joined an answer stay as long as it; others, and places, for `CALLS_FOR_S`."""
        for call_id, call in calls.calls.items():
            if calls.stored_calls.get(call_id) is not call:
                ttl_s = self._ttl_s if call.answers else CALLS_FOR_S
                yield Write(call_key(call_id), call.model_dump_json().encode(), ttl_s)
        for name, place in calls.places.items():
            if calls.stored_places.get(name) is not place:
                yield Write(place_key(name), place.model_dump_json().encode(), CALLS_FOR_S)


def _causes_of_joins(batch: Sequence[Input], facts: Iterable[tuple[int, Fact]]) -> dict[str, int]:
    """The numbers in the batch of its calls and answers, by their ids; `facts` are numbered."""
    calls = {event.call_id: n for n, event in enumerate(batch) if isinstance(event, CallServed)}
    answers = {query_id_of(fact): n for n, fact in facts if isinstance(fact, ExperienceRecorded)}
    return calls | answers
