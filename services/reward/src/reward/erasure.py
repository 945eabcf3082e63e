"""Questions to be forgotten in, what is left without them out: state and events in one step."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
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
from reward.domain.examples.candidates import Candidate
from reward.domain.examples.example_set import QuestionState, offer
from reward.domain.examples.question import question_of
from reward.domain.state.batch import Book, Judged
from reward.domain.state.erasure import days_of_answers, leave
from reward.domain.state.facts import unsaid
from reward.domain.state.operator_day import OperatorDay
from reward.domain.state.scored_answer import Answered, Policy
from reward.handlers import (
    QuestionKey,
    RewardHandlers,
    answer_key,
    asked,
    changed,
    day_key,
    question_key,
    read_values,
)

Offers = dict[QuestionKey, dict[str, Candidate | None]]


class RewardErasureHandler:
    """Answers, days and questions are afterwards as if the forgotten had never been asked."""

    def __init__(self, policy: Policy, reward: RewardHandlers) -> None:
        self._policy = policy
        self._reward = reward

    async def handle(
        self, batch: Sequence[Delivered[ForgetRequested]], state: State
    ) -> Sequence[Outcome]:
        """Corrected rewards and examples; the batch is one request, as it writes what it reads."""
        [(request, _)] = batch
        return [await self._forget(request, state)]

    async def _forget(self, command: ForgetRequested, state: State) -> Done:
        gone = frozenset(command.query_ids)
        remarks = {remark.event_id for remark in command.remarks}
        spoken_of = {remark.query_id for remark in command.remarks} - gone
        book = await self._book(gone, state)
        book.answers |= await read_values(
            state, answer_key, spoken_of - book.answers.keys(), Answered
        )
        days, answers = dict(book.days), dict(book.answers)
        offers = _withdrawn(answers, gone)
        erased = {"answers": len(answers.keys() & gone), "questions": len(offers)}
        emits: list[Event] = []
        for judged in chain(leave(book, gone), _unsay(book, spoken_of, remarks)):
            emits.extend(self._told(command, judged, book.answers))
            if judged.verdict is not None:
                for aspect, key, candidate in judged.verdict.offers:
                    offers[QuestionKey(aspect, key)][judged.query_id] = candidate
        writes: list[Write] = [Write(answer_key(name), None) for name in gone]
        kept: dict[str, Value] = {}
        questions = await read_values(state, question_key, offers, QuestionState)
        described = await self._described(questions, offers, state)
        for name, known in questions.items():
            after, events = self._offer(known, offers[name], described.get(name), command)
            emits.extend(events)
            if after.candidates:
                kept[question_key(name)] = after
            else:
                writes.append(Write(question_key(name), None))
        writes += [Write(day_key(k), None) for k, day in book.days.items() if not day.turns]
        left = {key: day for key, day in book.days.items() if day.turns}
        kept |= changed(day_key, days, left) | changed(answer_key, answers, book.answers)
        emits.append(Forgotten.answering(command, "reward", erased))
        return Done(tuple(emits), (*writes, *self._reward.writes(kept)))

    async def _book(self, gone: frozenset[str], state: State) -> Book:
        """With the forgotten, the days around them, and everything of those days."""
        book = Book(self._policy)
        book.answers = await read_values(state, answer_key, gone, Answered)
        days = days_of_answers(list(book.answers.values()), self._policy.follow_up_window)
        book.days = await read_values(state, day_key, days, OperatorDay)
        beside = {turn.query_id for day in book.days.values() for turn in day.turns} - gone
        book.answers |= await read_values(state, answer_key, beside, Answered)
        return book

    def _told(
        self, cause: Event, judged: Judged, answers: Mapping[str, Answered]
    ) -> Iterable[Event]:
        if judged.verdict is not None:
            yield self._reward.scored(cause, judged, answers)
            yield from asked(cause, judged, answers)

    async def _described(
        self,
        questions: Mapping[QuestionKey, QuestionState],
        offers: Offers,
        state: State,
    ) -> dict[QuestionKey, Answered]:
        """For each question, its earliest answer that stays, in whose words it is told."""
        first: dict[QuestionKey, str] = {}
        for name, known in questions.items():
            left = {**known.candidates, **offers[name]}
            stays = [each for each in left.values() if each is not None]
            if stays:
                earliest = min(stays, key=lambda each: (each.at, each.source.query_id))
                first[name] = earliest.source.query_id
        answers = await read_values(state, answer_key, set(first.values()), Answered)
        return {name: answers[query_id] for name, query_id in first.items() if query_id in answers}

    def _offer(
        self,
        known: QuestionState,
        offered: Mapping[str, Candidate | None],
        described: Answered | None,
        cause: Event,
    ) -> tuple[QuestionState, list[Event]]:
        rules, window = self._policy.pairing, self._policy.window
        after, events = offer(known, offered, rules, window, cause)
        if described is None or described.facts.answer is None:
            return after, events
        question = question_of(described.facts.answer, known.question.key)
        if question == known.question:
            return after, events
        anew = after.model_copy(update={"question": question, "live": {}})
        retracted = [event for event in events if isinstance(event, ExampleRetracted)]
        after, built = offer(anew, {}, rules, window, cause)
        return after, [*retracted, *built]


def _unsay(book: Book, query_ids: Set[str], event_ids: Set[str]) -> Iterator[Judged]:
    for query_id in sorted(query_ids & book.answers.keys()):
        before = book.answers[query_id]
        yield from book.settle(query_id, before, unsaid(before.facts, event_ids), {})


def _withdrawn(answers: Mapping[str, Answered], gone: frozenset[str]) -> Offers:
    """What the forgotten had brought to their questions, taken back."""
    offers: Offers = defaultdict(dict)
    for query_id in sorted(answers.keys() & gone):
        for aspect, key in answers[query_id].keys.items():
            offers[QuestionKey(aspect, key)][query_id] = None
    return offers
