"""What the reward service published last of an example or an answer, and what a reader has of it.

A reader keeps the highest revision. After Redis went back in time that may be one that Redis lost.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ratchet.contract import (
    BuiltExample,
    Event,
    Example,
    ExampleRetracted,
    ExperienceScored,
    derived_id,
)

Numbered = Example | ExperienceScored
"""An event with a revision."""


class RevisedSubject(NamedTuple):
    """An answer or an example, by its id."""

    kind: type[Event]
    name: str


def subject_of(event: Numbered) -> RevisedSubject:
    if isinstance(event, Example):
        return RevisedSubject(Example, event.example_id)
    return RevisedSubject(ExperienceScored, event.query_id)


@dataclass
class _Known:
    """`highest` are the events with the highest revision, in the order of the stream."""

    highest: list[Numbered]
    latest: Numbered | None = None


class LatestStatements:
    """Folds events in the order of the stream.

    `put_back` has the ids of the events that a repair put back; each is on the stream once more if
    the service calculated it again.
    """

    def __init__(self, put_back: Collection[str]) -> None:
        self._put_back = put_back
        self._met: set[str] = set()
        self._known: dict[RevisedSubject, _Known] = {}
        self._lost: set[RevisedSubject] = set()

    def add(self, event: Numbered) -> None:
        subject = subject_of(event)
        known = self._known.setdefault(subject, _Known([event]))
        top = known.highest[0].revision
        if event.revision > top:
            known.highest = [event]
        elif event.revision == top and known.highest[-1] is not event:
            known.highest.append(event)
        if event.event_id in self._put_back and event.event_id not in self._met:
            self._met.add(event.event_id)
            self._lost.add(subject)
        else:
            known.latest = event

    @property
    def highest(self) -> int:
        return max((known.highest[0].revision for known in self._known.values()), default=0)

    @property
    def unstated(self) -> list[RevisedSubject]:
        """Those of which the stream has only what was put back."""
        return [subject for subject in self._lost if self._known[subject].latest is None]

    def restated(
        self, revision: int, earlier: Mapping[RevisedSubject, Numbered]
    ) -> Iterator[Numbered]:
        """The latest statements that a reader ignored, under the higher `revision`.

        `earlier` has the latest statements from before the start of the stream. An example
        without any is retracted: the service does not know it.
        """
        for subject in sorted(self._lost, key=lambda each: each.name):
            known = self._known[subject]
            latest = known.latest or earlier.get(subject)
            built = [each for each in known.highest if isinstance(each, BuiltExample)]
            if latest is not None:
                if any(_content(each) != _content(latest) for each in known.highest):
                    event_id = derived_id(latest.event_id, "restated", str(revision))
                    changes = {"event_id": event_id, "revision": revision}
                    yield latest.model_copy(update=changes)
            elif built:
                yield ExampleRetracted(
                    event_id=derived_id(built[-1].event_id, "lost", "retracted"),
                    occurred_at=built[-1].occurred_at,
                    caused_by=built[-1].event_id,
                    example_id=built[-1].example_id,
                    revision=revision,
                    reason="Redis lost what it was built of, and it was not built again",
                )


def _content(event: Numbered) -> Event:
    return event.model_copy(update={"trace": {}})
