"""Facts in, rewards and examples out: all state lives in Redis, read and written with the ack."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from ratchet.contract import (
    Aspect,
    Delivered,
    Done,
    Event,
    ExperienceScored,
    Outcome,
    State,
    Value,
    Write,
    derived_id,
    utc_now,
)
from ratchet.storage import forgotten_among
from reward.domain.examples.candidates import Candidate
from reward.domain.examples.example_set import QuestionState, offer
from reward.domain.examples.question import question_of
from reward.domain.examples.served_plan import served_plan
from reward.domain.examples.trace_sampling import trace_request
from reward.domain.state.batch import Book, DayKey, Judged, days_of, touched_by
from reward.domain.state.clock import SECOND
from reward.domain.state.facts import Fact, query_id_of
from reward.domain.state.operator_day import OperatorDay
from reward.domain.state.scored_answer import Answered, Policy
from reward.metrics import RewardMetrics

_log = logging.getLogger(__name__)
V = TypeVar("V", bound=Value)
K = TypeVar("K")


class QuestionKey(NamedTuple):
    aspect: Aspect
    key: str


class RewardHandlers:
    """One handler for both streams of facts: the same fold, whichever comes first."""

    def __init__(self, policy: Policy, metrics: RewardMetrics) -> None:
        self._policy = policy
        # What can still change anything is touched again within two windows: feedback within one
        # of its answer, and that answer within one of those it is compared with.
        self._ttl_s = 2 * policy.window // SECOND
        scale = (policy.weights.model_dump_json(), policy.bounds.model_dump_json())
        self._settings_hash = derived_id(*scale)[:12]
        self._metrics = metrics

    async def handle(self, batch: Sequence[Delivered[Fact]], state: State) -> Sequence[Outcome]:
        """Rewards and examples of the facts; facts about erased questions are dropped."""
        return await self.handle_facts([fact for fact, _ in batch], state)

    async def handle_facts(self, batch: Sequence[Fact], state: State) -> Sequence[Outcome]:
        """The outcomes of `handle`, for facts that no stream delivered."""
        gone = await forgotten_among(state, map(query_id_of, batch))
        kept = [fact for fact in batch if query_id_of(fact) not in gone]
        if gone:
            _log.warning("dropped %d facts about forgotten questions", len(batch) - len(kept))
        judged = iter(await self._judge(kept, state) if kept else ())
        return [Done() if query_id_of(fact) in gone else next(judged) for fact in batch]

    async def _judge(self, batch: Sequence[Fact], state: State) -> Sequence[Outcome]:
        """The batch commits as one, so state is written once."""
        book = Book(self._policy)
        book.days = await read_values(state, day_key, days_of(batch, self._policy), OperatorDay)
        known_days = dict(book.days)
        places = [book.place(fact) for fact in batch]
        needed = {query_id_of(fact) for fact in batch} | touched_by(places)
        book.answers = await read_values(state, answer_key, needed, Answered)
        known_answers = dict(book.answers)

        emits: list[list[Event]] = [[] for _ in batch]
        offered: dict[QuestionKey, Offered] = {}
        for number, (fact, place) in enumerate(zip(batch, places, strict=True)):
            for judged in book.take(fact, place):
                self._metrics.odd(judged.new_oddities)
                if judged.verdict is not None:
                    emits[number].append(self.scored(fact, judged, book.answers))
                    emits[number].extend(asked(fact, judged, book.answers))
                    for aspect, key, candidate in judged.verdict.offers:
                        question = offered.setdefault(QuestionKey(aspect, key), Offered())
                        question.candidates[judged.query_id] = candidate
                        question.fact = number

        questions = await read_values(state, question_key, offered, QuestionState)
        writes: dict[str, Value] = {}
        for name, change in offered.items():
            known = questions.get(name) or _new_question(name, change, book)
            if known is not None:
                cause = batch[change.fact]
                after, events = offer(
                    known, change.candidates, self._policy.pairing, self._policy.window, cause
                )
                emits[change.fact].extend(events)
                writes[question_key(name)] = after
        writes |= changed(answer_key, known_answers, book.answers)
        writes |= changed(day_key, known_days, book.days)
        outcomes = [Done(emits=tuple(events)) for events in emits]
        outcomes[-1] = Done(outcomes[-1].emits, tuple(self.writes(writes)))
        self._metrics.count(batch, outcomes, utc_now())
        return outcomes

    def scored(
        self, fact: Event, judged: Judged, answers: Mapping[str, Answered]
    ) -> ExperienceScored:
        answered, verdict = answers[judged.query_id], judged.verdict
        answer = answered.facts.answer
        assert verdict is not None and answer is not None
        worth, quality = verdict.score, verdict.score.text_quality
        return ExperienceScored(
            event_id=derived_id(fact.event_id, judged.query_id, "scored"),
            occurred_at=fact.occurred_at,
            caused_by=fact.event_id,
            query_id=answer.query_id,
            user_id=answer.user_id,
            revision=answered.revision,
            rating=verdict.said.rating,
            follow_up=verdict.follow_up,
            total=worth.total,
            components=worth.components,
            widget_reward=worth.widget_reward,
            voice_reward=worth.voice_reward,
            voice_response_rating=worth.voice_rating,
            text_quality=quality._asdict() if quality else None,
            settings_hash=self._settings_hash,
            warnings=answered.oddities,
            plan=served_plan(answer, verdict.said, worth),
        )

    def writes(self, values: Mapping[str, Value]) -> Iterable[Write]:
        for key, value in values.items():
            yield Write(key, value.model_dump_json().encode(), self._ttl_s)


def asked(fact: Event, judged: Judged, answers: Mapping[str, Answered]) -> Iterable[Event]:
    answered, verdict = answers[judged.query_id], judged.verdict
    answer = answered.facts.answer
    if verdict is not None and verdict.trace is not None and answer is not None:
        yield trace_request(answer, answered.keys["voice"], verdict.trace, fact)


@dataclass
class Offered:
    """What one batch brings to a question by `query_id`; `fact` is the last one that did."""

    candidates: dict[str, Candidate | None] = field(default_factory=dict)
    fact: int = 0


def _new_question(name: QuestionKey, change: Offered, book: Book) -> QuestionState | None:
    """None where nothing is offered: there is nothing to take back from a new question."""
    for query_id, candidate in change.candidates.items():
        answer = book.answers[query_id].facts.answer
        if candidate is not None and answer is not None:
            return QuestionState(question=question_of(answer, name.key))
    return None


def answer_key(query_id: str) -> str:
    return f"ratchet:reward:answered:{query_id}"


def day_key(key: DayKey) -> str:
    return f"ratchet:reward:day:{key.day}:{key.user_id}"


def question_key(key: QuestionKey) -> str:
    return f"ratchet:reward:question:{key.aspect}:{key.key}"


def changed(
    key_of: Callable[[K], str], before: Mapping[K, Value], after: Mapping[K, Value]
) -> dict[str, Value]:
    return {key_of(name): value for name, value in after.items() if before.get(name) is not value}


async def read_values(
    state: State, key_of: Callable[[K], str], names: Iterable[K], model: type[V]
) -> dict[K, V]:
    keys = {name: key_of(name) for name in names}
    found = await state.read(list(keys.values()))
    return {
        name: model.model_validate_json(value)
        for name, key in keys.items()
        if (value := found[key]) is not None
    }
