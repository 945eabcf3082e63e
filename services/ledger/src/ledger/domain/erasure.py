"""Follows a subject through messages, and removes its data from them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ratchet.contract import Event, ModelRegistered, RunFinished
from ratchet_text import known_as

Message = dict[str, Any]


@dataclass
class Subject:
    """A user, some questions, or both, with the ids of all data derived from them.

    `shared` are examples that questions of others support too: their retraction stays. `remarks`
    are the user's feedback on answers to others: the query id by event id. A call is a question
    too. `found` is whether a message has data of the subject.
    """

    user_id: str | None = None
    query_ids: set[str] = field(default_factory=set)
    decision_ids: set[str] = field(default_factory=set)
    example_ids: set[str] = field(default_factory=set)
    shared: set[str] = field(default_factory=set)
    run_ids: set[str] = field(default_factory=set)
    remarks: dict[str, str] = field(default_factory=dict)
    found: bool = False

    def learn(self, message: Message) -> None:
        """Add the ids that `message` connects with the subject.

        Messages about sources come before those about what was derived from them. Raises
        `KeyError`, `TypeError` or `AttributeError` if the message has no event's shape.
        """
        self.found = self.found or any(
            self._is_by_user(part) or self._concerns(part) for part in _parts(message)
        )
        for part in _questions(message):
            if self._is_by_user(part) or self._concerns(part):
                for name in (*_names(part), *(part.get("calls") or ())):
                    # Events are stored as their producer spelled them, and rows by the id.
                    self.query_ids |= {str(name), _known(name)}
        kind = message.get("type")
        if kind == "DecisionMade" and self._is_by_user(message):
            self.decision_ids.add(message["event_id"])
        elif kind == "ExperienceRecorded" and self._concerns(message["experience"]):
            if decision_id := message["experience"].get("decision_id"):
                self.decision_ids.add(decision_id)
        elif kind == "FeedbackReceived" and self._is_by_user(message["feedback"]):
            if not self._concerns(message["feedback"]):
                self.remarks[message["event_id"]] = message["feedback"]["query_id"]
        elif kind == "TraceCaptured" and self._concerns(message):
            self.example_ids.add(message["trace_id"])
        elif kind == "RunStarted":
            if not self.example_ids.isdisjoint(message.get("example_ids") or ()):
                self.run_ids.add(message["run_id"])
        elif "sources" in message:
            theirs = any(self._concerns(source) for source in message["sources"])
            (self.example_ids if theirs else self.shared).add(message["example_id"])

    def without(self, message: Message) -> Message | None:
        """`message` itself if it has no data of the subject, a copy without it, or None."""
        if any(self._concerns(part) for part in _parts(message)):
            return None
        kind, event_id = message.get("type"), message.get("event_id")
        if event_id in self.decision_ids or event_id in self.remarks:
            return None
        if kind == "ExampleRetracted" and message["example_id"] in self.example_ids - self.shared:
            return None
        if kind == "ForgetRequested" and not self.query_ids.isdisjoint(message["query_ids"]):
            return None
        if message.get("run_id") in self.run_ids:
            if kind == "RunFinished" and message.get("answers"):
                return {**message, "answers": []}
            if kind == "ModelRegistered" and message.get("smoke_answer"):
                return {**message, "smoke_answer": ""}
        return message

    def names(self) -> Iterator[str]:
        """Ids that a payload which is not an event must not contain."""
        yield from self.query_ids
        yield from self.decision_ids
        if self.user_id:
            yield self.user_id

    def _is_by_user(self, part: Message) -> bool:
        return bool(self.user_id) and _known(part.get("user_id")) == _known(self.user_id)

    def _concerns(self, part: Message) -> bool:
        return any(
            name in self.query_ids or _known(name) in self.query_ids for name in _names(part)
        )


def _names(part: Message) -> list[str | int]:
    """The ids of a question: a call has one of its own."""
    names = (part.get("query_id"), part.get("call_id"))
    return [name for name in names if isinstance(name, str | int)]


def _known(name: Any) -> Any:
    """The one spelling of an id; anything else is returned as it is."""
    return known_as(name) if isinstance(name, str | int | float) else name


def without_answers(event: Event) -> Event:
    """`event` without the answers of models: to held-out questions and to the smoke test."""
    if isinstance(event, RunFinished):
        return event.model_copy(update={"answers": ()})
    if isinstance(event, ModelRegistered):
        return event.model_copy(update={"smoke_answer": ""})
    return event


def _parts(message: Message) -> Iterator[Message]:
    """The message and every object in it that names a question."""
    yield from _questions(message)
    feedback = message.get("feedback")
    if isinstance(feedback, dict):
        yield feedback


def _questions(message: Message) -> Iterator[Message]:
    """The parts whose `user_id` asked the question. The `user_id` of feedback is its author."""
    yield message
    experience = message.get("experience")
    if isinstance(experience, dict):
        yield experience
    sources = message.get("sources")
    if isinstance(sources, list):
        yield from (source for source in sources if isinstance(source, dict))
