"""Whose traces a message bears, and what is left of it without them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ratchet.contract import Event, ModelRegistered, RunFinished

Message = dict[str, Any]


@dataclass
class Subject:
    """A person, some questions, or both, and all that is known to be made of them.

    `shared` are examples that other people's questions support too: their retraction stays.
    `remarks` are what the person said about other people's answers: the question by the event's id.
    """

    user_id: str | None = None
    query_ids: set[str] = field(default_factory=set)
    decision_ids: set[str] = field(default_factory=set)
    example_ids: set[str] = field(default_factory=set)
    shared: set[str] = field(default_factory=set)
    run_ids: set[str] = field(default_factory=set)
    remarks: dict[str, str] = field(default_factory=dict)

    def learn(self, message: Message) -> None:
        """Follow the subject through `message`; what it was made of is best learnt before it.

        Raises `KeyError`, `TypeError` or `AttributeError` for what has no event's shape.
        """
        for told in _speakers(message):
            if self._is_the_person(told) and isinstance(told.get("query_id"), str):
                self.query_ids.add(told["query_id"])
        kind = message.get("type")
        if kind == "DecisionMade" and self._is_the_person(message):
            self.decision_ids.add(message["event_id"])
        elif kind == "ExperienceRecorded" and self._asked(message["experience"]):
            if decision_id := message["experience"].get("decision_id"):
                self.decision_ids.add(decision_id)
        elif kind == "FeedbackReceived" and self._is_the_person(message["feedback"]):
            if not self._asked(message["feedback"]):
                self.remarks[message["event_id"]] = message["feedback"]["query_id"]
        elif kind == "TraceCaptured" and self._asked(message):
            self.example_ids.add(message["trace_id"])
        elif kind == "RunStarted":
            if not self.example_ids.isdisjoint(message.get("example_ids") or ()):
                self.run_ids.add(message["run_id"])
        elif "sources" in message:
            theirs = any(self._asked(source) for source in message["sources"])
            (self.example_ids if theirs else self.shared).add(message["example_id"])

    def without(self, message: Message) -> Message | None:
        """`message` itself where it bears no trace, a copy without them, or None: it goes."""
        if any(self._asked(told) for told in _told(message)):
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
        """What a payload that is no message must not hold."""
        yield from self.query_ids
        yield from self.decision_ids
        if self.user_id:
            yield self.user_id

    def _is_the_person(self, told: Message) -> bool:
        return bool(self.user_id) and told.get("user_id") == self.user_id

    def _asked(self, told: Message) -> bool:
        return told.get("query_id") in self.query_ids


def without_answers(event: Event) -> Event:
    """What is told of a run or a model, without what models said to held-out questions."""
    if isinstance(event, RunFinished):
        return event.model_copy(update={"answers": ()})
    if isinstance(event, ModelRegistered):
        return event.model_copy(update={"smoke_answer": ""})
    return event


def _told(message: Message) -> Iterator[Message]:
    """The message and what in it names a question or a person."""
    yield from _speakers(message)
    feedback = message.get("feedback")
    if isinstance(feedback, dict):
        yield feedback


def _speakers(message: Message) -> Iterator[Message]:
    """As `_told`, without feedback: who speaks of a question need not have asked it."""
    yield message
    experience = message.get("experience")
    if isinstance(experience, dict):
        yield experience
    sources = message.get("sources")
    if isinstance(sources, list):
        yield from (source for source in sources if isinstance(source, dict))
