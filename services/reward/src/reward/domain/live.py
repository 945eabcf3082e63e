"""The live examples of one question: what changed since the last look becomes events."""

import hashlib
from collections.abc import Iterator

from pydantic import Field

from ratchet.events.base import Event, Value, derived_id
from ratchet.events.example import ExampleRetracted, LabelBuilt, PairBuilt, Question
from reward.domain.pairing import Candidate, PairingRules, Planned, PlannedPair, plan_examples


class QuestionState(Value):
    """A question's answers by `query_id`, and the digest of each example that is live.

    `version` counts the changes of the live set and orders the events of its examples.
    """

    question: Question
    version: int = 0
    candidates: dict[str, tuple[Candidate, ...]] = Field(default_factory=dict)
    live: dict[str, str] = Field(default_factory=dict)


def offer(
    state: QuestionState,
    query_id: str,
    candidates: tuple[Candidate, ...],
    rules: PairingRules,
    cause: Event,
) -> tuple[QuestionState, list[Event]]:
    """Put `candidates` in the place of what `query_id` offered before.

    The same examples are live at the end whatever the order of offers; each event's id depends
    on its cause, so that a retry makes the same events.
    """
    offered = {**state.candidates, query_id: candidates}
    if not candidates:
        del offered[query_id]
    everything = (candidate for answers in offered.values() for candidate in answers)
    planned = plan_examples(everything, rules)
    live = {example_id: _digest(example) for example_id, example in planned.items()}
    version = state.version + (live != state.live)
    after = state.model_copy(update={"version": version, "candidates": offered, "live": live})
    return after, list(_changes(state, after, planned, cause))


def _changes(
    before: QuestionState, after: QuestionState, planned: dict[str, Planned], cause: Event
) -> Iterator[Event]:
    for example_id in sorted(before.live.keys() - after.live.keys()):
        yield ExampleRetracted(
            event_id=derived_id(cause.event_id, example_id, "retracted"),
            occurred_at=cause.occurred_at,
            caused_by=cause.event_id,
            example_id=example_id,
            revision=after.version,
            reason="a newer revision of its answers no longer supports it",
        )
    for example_id in sorted(after.live):
        if before.live.get(example_id) != after.live[example_id]:
            yield _built(planned[example_id], after, cause)


def _built(example: Planned, state: QuestionState, cause: Event) -> Event:
    built = PairBuilt if isinstance(example, PlannedPair) else LabelBuilt
    return built(
        event_id=derived_id(cause.event_id, example.example_id, "built"),
        occurred_at=cause.occurred_at,
        caused_by=cause.event_id,
        example_id=example.example_id,
        revision=state.version,
        question=state.question,
        **example.model_dump(),
    )


def _digest(example: Planned) -> str:
    return hashlib.sha256(example.model_dump_json().encode()).hexdigest()[:16]
