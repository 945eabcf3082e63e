"""Turns facts into rewards and examples; their state is in Redis, written with the ack."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ratchet.contract import (
    Delivered,
    Done,
    Event,
    Outcome,
    State,
    Value,
    Write,
    derived_id,
    microseconds,
    utc_now,
)
from ratchet.storage import forgotten_among
from ratchet_text import language_of
from reward.domain.answers.durations import SECOND
from reward.domain.answers.warnings import RewardWarning
from reward.domain.examples.candidates import CandidateAnswer
from reward.domain.examples.example_set import QuestionState, offer
from reward.domain.examples.question import question_of
from reward.domain.state.answer_facts import Fact, query_id_of
from reward.domain.state.batch_state import AnswerChange, BatchState, affected_by, days_of
from reward.domain.state.future_statements import as_of
from reward.domain.state.operator_day import OperatorDay
from reward.domain.state.policy import RewardPolicy
from reward.domain.state.score_events import score_events
from reward.domain.state.scored_answer import ScoredAnswer
from reward.domain.state.state_keys import QuestionKey, answer_key, day_key, question_key
from reward.domain.state.stored_values import (
    changed,
    read_values,
    revision_floor,
    stored_spellings,
)
from reward.metrics import RewardMetrics

_log = logging.getLogger(__name__)


@dataclass
class QuestionOffers:
    """What one batch offers to a question, by `query_id`; `fact` is the number of the last one."""

    candidates: dict[str, CandidateAnswer | None] = field(default_factory=dict)
    fact: int = 0


class RewardHandlers:
    """One handler for both streams of facts: the result is the same, whichever comes first.

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

    async def handle(self, batch: Sequence[Delivered[Fact]], state: State) -> Sequence[Outcome]:
        """Rewards and examples of the facts; facts about erased questions are dropped."""
        erased = await forgotten_among(state, (query_id_of(each.event) for each in batch))
        remaining = [each for each in batch if query_id_of(each.event) not in erased]
        if erased:
            _log.warning("dropped %d facts about erased questions", len(batch) - len(remaining))
        outcomes = iter(await self._outcomes(remaining, state) if remaining else ())
        return [Done() if query_id_of(each.event) in erased else next(outcomes) for each in batch]

    async def _outcomes(
        self, delivered: Sequence[Delivered[Fact]], state: State
    ) -> Sequence[Outcome]:
        """An outcome per fact. The batch commits as one: the last outcome writes its state."""
        batch = [each.event for each in delivered]
        arrivals = [each.entry_id for each in delivered]
        current = BatchState(self._policy, language_of, await revision_floor(state))
        own = set(map(query_id_of, batch))
        current.answers = await read_values(state, answer_key, own, ScoredAnswer)
        batch = await _about_stored_answers(batch, current, state)
        own |= current.answers.keys()
        now = microseconds(self._clock())
        current.answers = {name: as_of(known, now) for name, known in current.answers.items()}
        current.days = await read_values(state, day_key, days_of(batch, self._policy), OperatorDay)
        days_before = dict(current.days)
        first = current.first_arrivals(zip(batch, arrivals, strict=True))
        positions = [
            current.add_turn(fact) if arrived == first.get(query_id_of(fact)) else None
            for fact, arrived in zip(batch, arrivals, strict=True)
        ]
        others = affected_by(positions) - own
        current.answers |= await read_values(state, answer_key, others, ScoredAnswer)
        answers_before = dict(current.answers)

        emits: list[list[Event]] = [[] for _ in batch]
        offers: dict[QuestionKey, QuestionOffers] = {}
        for number, (fact, arrived, position) in enumerate(
            zip(batch, arrivals, positions, strict=True)
        ):
            for change in current.add(fact, arrived, position):
                self._warn(fact, change)
                emits[number].extend(self.score_events(fact, change, current))
                _collect(offers, change, number)

        writes = await self._update_examples(batch, current, offers, emits, state)
        writes |= changed(answer_key, answers_before, current.answers)
        writes |= changed(day_key, days_before, current.days)
        outcomes = [Done(emits=tuple(events)) for events in emits]
        outcomes[-1] = Done(outcomes[-1].emits, tuple(self.writes(writes)))
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
        batch: Sequence[Fact],
        current: BatchState,
        offers: Mapping[QuestionKey, QuestionOffers],
        emits: Sequence[list[Event]],
        state: State,
    ) -> dict[str, Value]:
        """Each changed question by its key in Redis; adds the events of its examples to `emits`."""
        questions = await read_values(state, question_key, offers, QuestionState)
        writes: dict[str, Value] = {}
        for name, offered in offers.items():
            known = questions.get(name) or _new_question(name, offered, current)
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


async def _about_stored_answers(batch: list[Fact], current: BatchState, state: State) -> list[Fact]:
    """`batch` with answers and feedback under the spelling of an id that an earlier release stored.

    So an answer that is sent again under another spelling is no second one.
    """
    unknown = set(map(query_id_of, batch)) - current.answers.keys()
    stored = await stored_spellings(state, unknown)
    if not stored:
        return batch
    current.answers |= await read_values(state, answer_key, stored.values(), ScoredAnswer)
    return [fact.about(stored.get(query_id_of(fact), query_id_of(fact))) for fact in batch]


def _collect(offers: dict[QuestionKey, QuestionOffers], change: AnswerChange, number: int) -> None:
    if change.revision is None:
        return
    for aspect, key, candidate in change.revision.offers:
        question = offers.setdefault(QuestionKey(aspect, key), QuestionOffers())
        question.candidates[change.query_id] = candidate
        question.fact = number


def _new_question(
    name: QuestionKey, offered: QuestionOffers, current: BatchState
) -> QuestionState | None:
    """None if there are only withdrawals: a new question has nothing to withdraw."""
    for query_id, candidate in offered.candidates.items():
        answer = current.answers[query_id].facts.answer
        if candidate is not None and answer is not None:
            return QuestionState(question=question_of(answer, name.key))
    return None
