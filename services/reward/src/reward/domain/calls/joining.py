"""Decides which call made an answer: by its id, else by its words."""

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from ratchet.contract import Aspect, ChatMessage
from reward.domain.answers.recorded_answer import RecordedAnswer
from reward.domain.answers.stored_value import StoredValue
from reward.domain.calls.call_place import (
    CallPlace,
    identity_of_answer,
    place_of_id,
    places_around,
)
from reward.domain.calls.served_call import CallReference

JoinOutcome = Literal["joined_by_id", "joined_by_answer", "ambiguous"]


class ServedPrompt(StoredValue):
    """The messages that an answer was given to; none if two different prompts may be it."""

    outcome: JoinOutcome = "ambiguous"
    call_id: str = ""
    messages: tuple[ChatMessage, ...] = ()


class Join(NamedTuple):
    """How one aspect of an answer is joined; `call` is None if it is ambiguous."""

    outcome: JoinOutcome
    call: CallReference | None


def joins_of(
    answer: RecordedAnswer, places: Mapping[str, CallPlace], window: int
) -> dict[Aspect, Join]:
    """The joins of an answer by aspect, from its places; an aspect without a call is left out.

    The result depends on the calls alone, not on the order of their arrival. Of calls with the
    same id, those with the words of the answer come first. By words, a call is at most `window`
    microseconds away and of no other user. An experience has no session.
    """
    identity = identity_of_answer(answer)
    named = places.get(place_of_id(answer.query_id), CallPlace())
    joins: dict[Aspect, Join] = {}
    own: tuple[tuple[Aspect, str], ...] = (("voice", identity.spoken), ("widget", identity.plan))
    for aspect, name in own:
        if not name:
            continue
        same = [call for call in named.calls if name in (call.spoken, call.plan)]
        by_id = same or [
            call for call in named.calls if (call.prose if aspect == "voice" else call.plan)
        ]
        if by_id:
            joins[aspect] = _join("joined_by_id", by_id, named.full)
            continue
        near = [places[p] for p in places_around([name], answer.at, window) if p in places]
        fitting = [call for each in near for call in each.calls if _fits(call, answer, window)]
        if fitting:
            full = any(each.full for each in near)
            joins[aspect] = _join("joined_by_answer", fitting, full)
    return joins


def _join(outcome: JoinOutcome, calls: Iterable[CallReference], full: bool) -> Join:
    ordered = sorted(calls)
    if full or len({call.prompt for call in ordered}) != 1:
        return Join("ambiguous", None)
    return Join(outcome, ordered[0])


def _fits(call: CallReference, answer: RecordedAnswer, window: int) -> bool:
    same_user = not (call.user_id and answer.user_id) or call.user_id == answer.user_id
    return same_user and abs(call.at - answer.at) <= window
