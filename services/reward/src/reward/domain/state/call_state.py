"""The effect of calls on answers: which calls and places a batch reads, and what it changes."""

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from ratchet.contract import Aspect, CallServed, State
from reward.domain.answers.recorded_answer import RecordedAnswer
from reward.domain.calls.call_place import (
    CallPlace,
    identity_of_answer,
    place_of_id,
    places_around,
    places_of_answer,
    places_of_call,
)
from reward.domain.calls.joining import Join, JoinOutcome, ServedPrompt, joins_of
from reward.domain.calls.served_call import ServedCall, served_call
from reward.domain.state.batch_state import AnswerChange, BatchState
from reward.domain.state.scored_answer import ScoredAnswer
from reward.domain.state.state_keys import answer_key, call_key, place_key
from reward.domain.state.stored_values import read_values


class JoinChange(NamedTuple):
    """A changed answer, and the outcomes of its joins that are new."""

    change: AnswerChange
    outcomes: tuple[JoinOutcome, ...]


@dataclass
class CallState:
    """The calls and places that a batch needs, after its changes so far; `current` has answers.

    The `stored` ones are as they were read.
    """

    state: State
    current: BatchState
    places: dict[str, CallPlace] = field(default_factory=dict)
    calls: dict[str, ServedCall] = field(default_factory=dict)
    stored_places: dict[str, CallPlace] = field(default_factory=dict)
    stored_calls: dict[str, ServedCall] = field(default_factory=dict)
    stored_answers: dict[str, ScoredAnswer] = field(default_factory=dict)

    @property
    def window(self) -> int:
        return self.current.policy.call_window

    async def add(self, events: Iterable[CallServed], recorded: Iterable[str]) -> dict[str, str]:
        """Add calls, and the answers with these ids, which `current` has.

        Returns the answers that may be joined anew, each with the id of the call or the answer
        because of which.
        """
        calls = [call for call in map(served_call, events) if call is not None]
        await self._read_calls(call.reference.call_id for call in calls)
        answers = {name: answer for name in recorded if (answer := self._answer(name)) is not None}
        await self._read_places(chain.from_iterable(map(self._around_call, calls)))
        await self._read_places(chain.from_iterable(map(self._around_answer, answers.values())))
        affected: dict[str, str] = {}
        for call in calls:
            reference = call.reference
            self.calls.setdefault(reference.call_id, call)
            affected |= dict.fromkeys(
                filter(None, (reference.query_id, reference.call_id)), reference.call_id
            )
            for name in self._around_call(call):
                affected |= dict.fromkeys(self._at(name).answers, reference.call_id)
            for name in places_of_call(reference, self.window):
                self.places[name] = self._at(name).with_call(reference)
        for query_id, answer in answers.items():
            for name in places_of_answer(answer, self.window):
                before = self._at(name)
                self.places[name] = before.with_answer(query_id)
                if self.places[name].full and not before.full:
                    near = map(self._at, self._around_answer(answer))
                    affected |= dict.fromkeys(chain(*(one.answers for one in near)), query_id)
                    affected |= dict.fromkeys(before.answers, query_id)
        return affected | {query_id: query_id for query_id in answers}

    async def remove(self, names: frozenset[str]) -> tuple[frozenset[str], Set[str]]:
        """Remove the answers and calls of these ids, and the calls that these answers joined.

        Returns the ids of the removed calls, and the other answers that they may have joined.
        """
        erased = [known for name in names if (known := self.current.answers.get(name))]
        gone = {one.call_id for known in erased for one in known.facts.served.values()} - {""}
        await self._read_places(map(place_of_id, names))
        for name in names:
            gone |= {call.call_id for call in self._at(place_of_id(name)).calls}
        gone |= names
        await self._read_calls(gone)
        removed, self.calls = self.calls, {}
        answers = [known.facts.answer for known in erased if known.facts.answer is not None]
        await self._read_places(chain.from_iterable(map(self._around_call, removed.values())))
        await self._read_places(
            chain.from_iterable(
                places_of_call(one.reference, self.window) for one in removed.values()
            )
        )
        await self._read_places(chain.from_iterable(map(self._around_answer, answers)))
        affected = set(chain.from_iterable(call.answers for call in removed.values()))
        affected.update(chain.from_iterable(place.answers for place in self.places.values()))
        self.places = {name: place.without(gone) for name, place in self.places.items()}
        return frozenset(gone), affected - names

    async def join(
        self, affected: Set[str], removed: frozenset[str] = frozenset()
    ) -> Iterator[JoinChange]:
        """Join these answers to the calls around them; yields each answer that changed.

        A call that was found once stays joined when its place has expired, unless it is `removed`.
        """
        missing = affected - self.current.answers.keys()
        self.stored_answers = await read_values(self.state, answer_key, missing, ScoredAnswer)
        self.current.answers |= self.stored_answers
        answers = {
            name: answer for name in sorted(affected) if (answer := self._answer(name)) is not None
        }
        await self._read_places(map(place_of_id, answers))
        await self._read_places(chain.from_iterable(map(self._around_answer, answers.values())))
        joins = {
            name: joins_of(answer, self.places, self.window) for name, answer in answers.items()
        }
        every = chain.from_iterable(each.values() for each in joins.values())
        await self._read_calls(join.call.call_id for join in every if join.call is not None)
        return self._joined(joins, removed)

    def _joined(
        self, joins: Mapping[str, Mapping[Aspect, Join]], removed: frozenset[str]
    ) -> Iterator[JoinChange]:
        for query_id, by_aspect in joins.items():
            before = self.current.answers[query_id]
            known = before.facts.served
            served = {a: one for a, one in known.items() if one.call_id not in removed}
            for aspect, join in by_aspect.items():
                if (prompt := self._prompt(query_id, join)) is not None:
                    served[aspect] = prompt
            if served == known:
                continue
            outcomes = tuple(
                one.outcome
                for aspect, one in served.items()
                if aspect not in known or known[aspect].outcome != one.outcome
            )
            facts = before.facts.model_copy(update={"served": served})
            changes = list(self.current.update(query_id, before, facts, {}))
            change = changes[0] if changes else AnswerChange(query_id, None, frozenset())
            yield JoinChange(change, outcomes)

    def _prompt(self, query_id: str, join: Join) -> ServedPrompt | None:
        if join.call is None:
            return ServedPrompt(outcome=join.outcome)
        call_id = join.call.call_id
        if (call := self.calls.get(call_id)) is None:
            return None
        self.calls[call_id] = call.joined_to(query_id)
        return ServedPrompt(outcome=join.outcome, call_id=call_id, messages=call.messages)

    def _answer(self, query_id: str) -> RecordedAnswer | None:
        known = self.current.answers.get(query_id)
        return known.facts.answer if known is not None else None

    def _around_call(self, call: ServedCall) -> list[str]:
        own, identity = call.reference, (call.reference.spoken, call.reference.plan)
        return places_around(identity, own.at, self.window)

    def _around_answer(self, answer: RecordedAnswer) -> list[str]:
        return places_around(identity_of_answer(answer), answer.at, self.window)

    async def _read_calls(self, call_ids: Iterable[str]) -> None:
        missing = set(call_ids) - self.calls.keys()
        read = await read_values(self.state, call_key, missing, ServedCall)
        self.stored_calls |= read
        self.calls |= read

    async def _read_places(self, names: Iterable[str]) -> None:
        missing = set(names) - self.places.keys()
        read = await read_values(self.state, place_key, missing, CallPlace)
        self.stored_places |= read
        self.places |= read

    def _at(self, name: str) -> CallPlace:
        return self.places.get(name, CallPlace())
