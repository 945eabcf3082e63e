"""Erases questions: state and events without them, in one step."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import chain

from ratchet.contract import (
    Delivered,
    Done,
    Event,
    ExampleRetracted,
    ForgetRequested,
    Forgotten,
    Outcome,
    State,
    Value,
    Write,
)
from ratchet_text import language_of
from reward.domain.examples.candidates import CandidateAnswer
from reward.domain.examples.example_set import QuestionState, offer
from reward.domain.state.answer_facts import without_statements
from reward.domain.state.batch_state import AnswerChange, BatchState
from reward.domain.state.call_state import CallState
from reward.domain.state.erasure import days_of_answers, remove_answers
from reward.domain.state.operator_day import OperatorDay
from reward.domain.state.policy import RewardPolicy
from reward.domain.state.scored_answer import ScoredAnswer
from reward.domain.state.state_keys import (
    QuestionKey,
    answer_key,
    call_key,
    day_key,
    place_key,
    question_key,
)
from reward.domain.state.stored_values import (
    changed,
    read_values,
    revision_floor,
    stored_spellings,
)
from reward.handlers import RewardHandlers

Offers = dict[QuestionKey, dict[str, CandidateAnswer | None]]


class RewardErasureHandler:
    """Leaves answers, days and questions as if the erased questions had never been asked."""

    def __init__(self, policy: RewardPolicy, reward: RewardHandlers) -> None:
        self._policy = policy
        self._reward = reward

    async def handle(
        self, batch: Sequence[Delivered[ForgetRequested]], state: State
    ) -> Sequence[Outcome]:
        """Corrected rewards and examples; the batch is one request, as it writes what it reads."""
        [delivered] = batch
        return [await self._erase(delivered.event, state)]

    async def _erase(self, request: ForgetRequested, state: State) -> Done:
        erased = frozenset(request.query_ids)
        statements = {remark.event_id for remark in request.remarks}
        remarked = {remark.query_id for remark in request.remarks} - erased
        remarked |= set((await stored_spellings(state, remarked)).values())
        current = await self._read(erased, remarked, state)
        days, answers = dict(current.days), dict(current.answers)
        offers = _withdrawals(answers, erased)
        counts = {"answers": len(answers.keys() & erased), "questions": len(offers)}
        calls = CallState(state, current)
        gone, joined = await calls.remove(erased)

        emits: list[Event] = []
        for change in chain(
            remove_answers(current, erased), _remove_statements(current, remarked, statements)
        ):
            emits.extend(self._reward.score_events(request, change, current))
            _collect(offers, change)

        for change, _ in await calls.join(joined, gone):
            emits.extend(self._reward.score_events(request, change, current))
            _collect(offers, change)
        answers = calls.stored_answers | answers

        questions, events = await self._update_examples(offers, request, current.floor, state)
        emits += events
        remaining_days = {key: day for key, day in current.days.items() if day.turns}
        values: dict[str, Value] = {
            question_key(name): question
            for name, question in questions.items()
            if question.candidates
        }
        values |= changed(day_key, days, remaining_days)
        values |= changed(answer_key, answers, current.answers)
        deleted = [answer_key(query_id) for query_id in erased]
        deleted += [question_key(n) for n, question in questions.items() if not question.candidates]
        deleted += [day_key(key) for key in current.days.keys() - remaining_days.keys()]
        emits.append(Forgotten.answering(request, "reward", counts))
        deleted += map(call_key, gone)
        deleted += [place_key(name) for name, place in calls.places.items() if place.is_empty]
        calls.places = {name: one for name, one in calls.places.items() if not one.is_empty}
        writes = (
            *(Write(key, None) for key in deleted),
            *self._reward.writes(values),
            *self._reward.call_writes(calls),
        )
        return Done(tuple(emits), writes)

    async def _read(self, erased: frozenset[str], remarked: Set[str], state: State) -> BatchState:
        """The erased and the remarked answers, the days around the erased, and their answers."""
        current = BatchState(self._policy, language_of, await revision_floor(state))
        current.answers = await read_values(state, answer_key, erased, ScoredAnswer)
        days = days_of_answers(current.answers.values(), self._policy.follow_up_window)
        current.days = await read_values(state, day_key, days, OperatorDay)
        others = {turn.query_id for day in current.days.values() for turn in day.turns} | remarked
        current.answers |= await read_values(state, answer_key, others - erased, ScoredAnswer)
        return current

    async def _update_examples(
        self, offers: Offers, request: ForgetRequested, floor: int, state: State
    ) -> tuple[dict[QuestionKey, QuestionState], list[Event]]:
        questions = await read_values(state, question_key, offers, QuestionState)
        earliest = await self._earliest_answers(questions, offers, state)
        after: dict[QuestionKey, QuestionState] = {}
        emits: list[Event] = []
        for name, known in questions.items():
            raised, first = known.above(floor), earliest.get(name)
            after[name], events = self._offer(name, raised, offers[name], first, request)
            emits.extend(events)
        return after, emits

    async def _earliest_answers(
        self, questions: Mapping[QuestionKey, QuestionState], offers: Offers, state: State
    ) -> dict[QuestionKey, ScoredAnswer]:
        """The earliest remaining answer to each question: its wording describes the question."""
        first: dict[QuestionKey, str] = {}
        for name, known in questions.items():
            candidates = {**known.candidates, **offers[name]}.values()
            remaining = [each for each in candidates if each is not None]
            if remaining:
                earliest = min(remaining, key=lambda each: (each.at, each.source.query_id))
                first[name] = earliest.source.query_id
        answers = await read_values(state, answer_key, set(first.values()), ScoredAnswer)
        return {name: answers[query_id] for name, query_id in first.items() if query_id in answers}

    def _offer(
        self,
        name: QuestionKey,
        known: QuestionState,
        offered: Mapping[str, CandidateAnswer | None],
        earliest: ScoredAnswer | None,
        cause: Event,
    ) -> tuple[QuestionState, list[Event]]:
        """The question without the erased answers, in the wording of an answer that remains."""
        rules, window = self._policy.pairing, self._policy.window
        after, events = offer(known, offered, rules, window, cause)
        aspect, key = name
        question = earliest.question(aspect, key) if earliest is not None else None
        if question is None or question == known.question:
            return after, events
        # Each live example carries the erased wording, so all of them are published once more.
        reworded = after.model_copy(update={"question": question, "live": {}})
        retracted = [event for event in events if isinstance(event, ExampleRetracted)]
        after, built = offer(reworded, {}, rules, window, cause)
        return after, [*retracted, *built]


def _collect(offers: Offers, change: AnswerChange) -> None:
    for aspect, key, candidate in change.revision.offers if change.revision is not None else ():
        offers[QuestionKey(aspect, key)][change.query_id] = candidate


def _remove_statements(
    current: BatchState, query_ids: Set[str], event_ids: Set[str]
) -> Iterator[AnswerChange]:
    for query_id in sorted(query_ids & current.answers.keys()):
        before = current.answers[query_id]
        facts = without_statements(before.facts, event_ids)
        yield from current.update(query_id, before, facts, {})


def _withdrawals(answers: Mapping[str, ScoredAnswer], erased: frozenset[str]) -> Offers:
    """What the erased answers offered to their questions, withdrawn."""
    offers: Offers = defaultdict(dict)
    for query_id in sorted(answers.keys() & erased):
        for aspect, key in answers[query_id].keys.items():
            offers[QuestionKey(aspect, key)][query_id] = None
    return offers
