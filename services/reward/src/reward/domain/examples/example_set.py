"""The live examples of one question in one aspect; each change becomes events."""

from collections.abc import Iterable, Iterator, Mapping

from pydantic import Field

from ratchet.contract import ChatMessage, Event, PairBuilt, Question, Value, derived_id
from reward.domain.examples.candidates import CandidateAnswer
from reward.domain.examples.origin import ExampleOrigin, NewExample
from reward.domain.examples.pairing import build_examples
from reward.domain.examples.pairing_rules import PairingRules


class QuestionState(Value):
    """A question's answers by `query_id`, and the digest of each live example.

    `version` grows with each change of the live set and is the revision of its examples' events.
    `messages` are those that were served, where they are known: the same for all its answers.
    """

    question: Question
    messages: tuple[ChatMessage, ...] = Field(default=(), exclude_if=lambda served: not served)
    version: int = 0
    candidates: dict[str, CandidateAnswer] = Field(default_factory=dict)
    live: dict[str, str] = Field(default_factory=dict)

    def above(self, floor: int) -> "QuestionState":
        """The same state, whose next revision exceeds `floor`."""
        return self.model_copy(update={"version": max(self.version, floor)})


def offer(
    state: QuestionState,
    offered: Mapping[str, CandidateAnswer | None],
    rules: PairingRules,
    window: int,
    cause: Event,
) -> tuple[QuestionState, list[Event]]:
    """Replace what these `query_id`s offered before by `offered`; None withdraws it.

    The final live examples do not depend on the order of offers, as long as at most
    `max_answers_per_question` are offered: beyond that the newest answers are stored. Answers
    more than `window` microseconds apart, with none between, are not compared with each other.
    Each event's id depends on its cause, so that a retry makes the same events.
    """
    everything = {**state.candidates, **offered}
    candidates = {query_id: c for query_id, c in everything.items() if c is not None}
    if len(candidates) > rules.max_answers_per_question:
        newest = sorted(candidates, key=lambda query_id: (candidates[query_id].at, query_id))
        candidates = {q: candidates[q] for q in newest[-rules.max_answers_per_question :]}
    origin = ExampleOrigin(
        question=state.question,
        revision=state.version + 1,
        cause=cause,
        messages=state.messages,
    )
    examples: dict[str, NewExample] = {}
    for period in periods(candidates.values(), window):
        examples |= build_examples(origin, period, rules)
    live = {example_id: _digest(example) for example_id, example in examples.items()}
    version = state.version if live == state.live else origin.revision
    after = state.model_copy(update={"version": version, "candidates": candidates, "live": live})
    return after, list(_changes(state.live, live, examples, origin))


def periods(candidates: Iterable[CandidateAnswer], window: int) -> Iterator[list[CandidateAnswer]]:
    """Split answers wherever none came for longer than `window`; the oldest period first.

    The result is the same whether or not the state before such a gap has expired.
    """
    period: list[CandidateAnswer] = []
    for candidate in sorted(candidates, key=lambda each: each.at):
        if period and candidate.at - period[-1].at > window:
            yield period
            period = []
        period.append(candidate)
    if period:
        yield period


def _changes(
    before: Mapping[str, str],
    after: Mapping[str, str],
    examples: Mapping[str, NewExample],
    origin: ExampleOrigin,
) -> Iterator[Event]:
    for example_id in sorted(before.keys() - after.keys()):
        yield origin.retraction(example_id)
    for example_id in sorted(after):
        if before.get(example_id) != after[example_id]:
            yield examples[example_id]


def _digest(example: NewExample) -> str:
    """Changes with what the id leaves out: the rule, the rewards and the sources' revisions."""
    if isinstance(example, PairBuilt):
        rewards: tuple[float, ...] = (example.chosen_reward, example.rejected_reward)
    else:
        rewards = (example.reward,)
    sources = [(source.query_id, source.revision) for source in example.sources]
    return derived_id(example.rule, repr(rewards), repr(sources))[:16]
