"""The live examples of one question in one aspect: what changed since becomes events."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields

from pydantic import Field

from ratchet.contract import (
    BuiltExample,
    DemonstrationBuilt,
    Event,
    ExampleRetracted,
    LabelBuilt,
    PairBuilt,
    Question,
    Value,
    derived_id,
)
from reward.domain.examples.candidates import Candidate
from reward.domain.examples.pairing import PairingRules, plan_examples
from reward.domain.examples.planned import Planned, PlannedDemonstration, PlannedLabel, PlannedPair

_EVENTS: dict[type, type[BuiltExample]] = {
    PlannedPair: PairBuilt,
    PlannedLabel: LabelBuilt,
    PlannedDemonstration: DemonstrationBuilt,
}


class QuestionState(Value):
    """A question's answers by `query_id`, and the digest of each example that is live.

    `version` counts the changes of the live set and orders the events of its examples.
    """

    question: Question
    version: int = 0
    candidates: dict[str, Candidate] = Field(default_factory=dict)
    live: dict[str, str] = Field(default_factory=dict)


def offer(
    state: QuestionState,
    offered: Mapping[str, Candidate | None],
    rules: PairingRules,
    window: int,
    cause: Event,
) -> tuple[QuestionState, list[Event]]:
    """Put `offered` in the place of what these `query_id`s offered before; None takes it back.

    The same examples are live at the end whatever the order of offers, as long as no more
    than `max_answers_per_question` are offered: beyond that the newest answers stay. Answers
    that lie more than `window` microseconds apart, with none between, have nothing to do with
    each other. Each event's id depends on its cause, so that a retry makes the same events.
    """
    everything = {**state.candidates, **offered}
    candidates = {query_id: c for query_id, c in everything.items() if c is not None}
    if len(candidates) > rules.max_answers_per_question:
        newest = sorted(candidates, key=lambda query_id: (candidates[query_id].at, query_id))
        candidates = {q: candidates[q] for q in newest[-rules.max_answers_per_question :]}
    planned: dict[str, Planned] = {}
    for period in periods(candidates.values(), window):
        planned |= plan_examples(state.question.key, period, rules)
    live = {example_id: _digest(example) for example_id, example in planned.items()}
    version = state.version + (live != state.live)
    after = state.model_copy(update={"version": version, "candidates": candidates, "live": live})
    return after, list(_changes(state, after, planned, cause))


def periods(candidates: Iterable[Candidate], window: int) -> Iterator[list[Candidate]]:
    """The answers between two silences longer than `window`, oldest period first.

    What was forgotten after such a silence and what was not then teach the same.
    """
    period: list[Candidate] = []
    for candidate in sorted(candidates, key=lambda each: each.at):
        if period and candidate.at - period[-1].at > window:
            yield period
            period = []
        period.append(candidate)
    if period:
        yield period


def _changes(
    before: QuestionState, after: QuestionState, planned: Mapping[str, Planned], cause: Event
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
            example = planned[example_id]
            yield _EVENTS[type(example)].model_validate(
                {
                    **{part.name: getattr(example, part.name) for part in fields(example)},
                    "event_id": derived_id(cause.event_id, example_id, "built"),
                    "occurred_at": cause.occurred_at,
                    "caused_by": cause.event_id,
                    "example_id": example_id,
                    "revision": after.version,
                    "question": after.question,
                }
            )


def _digest(example: Planned) -> str:
    """Stands for what the id leaves out: the rule, the rewards and the revisions."""
    sources = [(source.query_id, source.revision) for source in example.sources]
    return derived_id(example.rule, repr(example.rewards), repr(sources))[:16]
