"""Places where calls and answers meet: an id, or an identity within a span of time."""

from collections.abc import Iterable, Set

from ratchet.contract import Value
from ratchet.measures import AnswerIdentity, plan_identity, spoken_identity
from reward.domain.answers.recorded_answer import RecordedAnswer
from reward.domain.calls.served_call import CallReference

MAX_IN_PLACE = 50


class CallPlace(Value):
    """The calls and the answers (by `query_id`) of one place, in any order of arrival.

    `full` marks that there were more than `MAX_IN_PLACE` of either: nothing is joined here.
    """

    calls: tuple[CallReference, ...] = ()
    answers: tuple[str, ...] = ()
    full: bool = False

    @property
    def is_empty(self) -> bool:
        return not (self.calls or self.answers or self.full)

    def with_call(self, call: CallReference) -> "CallPlace":
        return self._with(sorted({*self.calls, call}), list(self.answers))

    def with_answer(self, query_id: str) -> "CallPlace":
        return self._with(list(self.calls), sorted({*self.answers, query_id}))

    def without(self, names: Set[str]) -> "CallPlace":
        """The place without the calls and the answers of these ids."""
        calls = tuple(call for call in self.calls if call.call_id not in names)
        answers = tuple(query_id for query_id in self.answers if query_id not in names)
        return CallPlace(calls=calls, answers=answers, full=self.full)

    def _with(self, calls: list[CallReference], answers: list[str]) -> "CallPlace":
        after = CallPlace(
            calls=tuple(calls[:MAX_IN_PLACE]),
            answers=tuple(answers[:MAX_IN_PLACE]),
            full=self.full or max(len(calls), len(answers)) > MAX_IN_PLACE,
        )
        return self if after == self else after


def identity_of_answer(answer: RecordedAnswer) -> AnswerIdentity:
    return AnswerIdentity(
        spoken_identity(answer.voice or ""), plan_identity(answer.heading, answer.widgets)
    )


def place_of_id(name: str) -> str:
    return f"id:{name}"


def places_around(names: Iterable[str], at: int, window: int) -> list[str]:
    """The places of everything with these identities within `window` of `at`, in microseconds."""
    span = at // window
    return [f"{name}:{near}" for name in names if name for near in (span, span - 1, span + 1)]


def places_of_call(call: CallReference, window: int) -> list[str]:
    """Where a call is stored."""
    ids = [place_of_id(name) for name in (call.call_id, call.query_id) if name]
    return [*ids, *places_around((call.spoken, call.plan), call.at, window)[::3]]


def places_of_answer(answer: RecordedAnswer, window: int) -> list[str]:
    """Where an answer is stored."""
    return places_around(identity_of_answer(answer), answer.at, window)[::3]
