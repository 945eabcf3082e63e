"""One answered question with its facts, its context and the revision of its reward."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from pydantic import Field

from ratchet.contract import Aspect, FollowUp, Question, Value
from reward.domain.answers.reaction import AnswerReaction
from reward.domain.answers.recorded_answer import RecordedAnswer
from reward.domain.answers.stored_value import StoredValue
from reward.domain.answers.warnings import RewardWarning
from reward.domain.examples.candidates import CandidateAnswer, candidates_of
from reward.domain.examples.question import question_keys, question_of
from reward.domain.examples.trace_sampling import TraceReason, trace_reason
from reward.domain.scoring.score import Score, score_answer
from reward.domain.state.answer_facts import AnswerFacts
from reward.domain.state.policy import RewardPolicy

_REPORTED = "reported with the feedback"


class QuestionContext(Value):
    """What the operator's other questions reveal about this one.

    `follow_up` is the classification of the next question with its reason, `request` the request
    that this question corrects an earlier one to. `teaches` is false beyond the operator's daily
    quota.
    """

    follow_up: FollowUp | None = None
    follow_up_reason: str = ""
    request: str | None = None
    teaches: bool = True


class ScoredAnswer(StoredValue):
    """`revision` grows with each score; `keys` are the questions that it answers, by aspect.

    `traced` marks that a teacher was asked: at most once, however often the score changes.
    """

    facts: AnswerFacts = Field(default_factory=AnswerFacts)
    context: QuestionContext = Field(default_factory=QuestionContext, alias="around")
    keys: dict[Aspect, str] = Field(default_factory=dict)
    revision: int = 0
    traced: bool = False
    warnings: tuple[RewardWarning, ...] = Field(default=(), alias="oddities")

    def question(self, aspect: Aspect, key: str) -> Question | None:
        """The question that it answers in this aspect; None without an answer."""
        answer, messages = self.facts.answer, self.facts.messages.get(aspect, ())
        return None if answer is None else question_of(answer.served_with(messages), key)


class ExampleOffer(NamedTuple):
    """What an answer offers to a question; None withdraws what it offered before."""

    aspect: Aspect
    key: str
    candidate: CandidateAnswer | None


@dataclass(frozen=True, slots=True)
class ScoreRevision:
    """A new score, with the reaction and the follow-up that it is calculated from.

    `trace_reason` is why a teacher is to be asked now; None if it is not.
    """

    score: Score
    reaction: AnswerReaction
    follow_up: FollowUp | None
    follow_up_reason: str
    offers: tuple[ExampleOffer, ...]
    trace_reason: TraceReason | None = None


def revise(
    before: ScoredAnswer,
    facts: AnswerFacts,
    context: QuestionContext,
    policy: RewardPolicy,
    floor: int = 0,
) -> tuple[ScoredAnswer, ScoreRevision | None]:
    """Score again if facts or context differ from `before` in substance; else no revision.

    The new revision exceeds `floor`.
    """
    answer = facts.answer
    same = before.facts.substance == facts.substance and before.context == context
    if answer is None or same:
        warnings = _warnings(before, facts, ())
        changes = {"facts": facts, "context": context, "warnings": warnings}
        return before.model_copy(update=changes), None
    messages = facts.messages
    asked_again = (facts.recorded, messages) != (before.facts.recorded, before.facts.messages)
    keys = question_keys(answer, policy.pairing.scope, messages) if asked_again else before.keys
    reaction = facts.reaction
    scored = score_answer(answer, reaction, policy.weights, policy.bounds, context.follow_up)
    reason = None
    if keys and not before.traced:
        reason = trace_reason(answer.query_id, reaction, policy.traces)
    after = ScoredAnswer(
        facts=facts,
        context=context,
        keys=keys,
        revision=max(before.revision, floor) + 1,
        traced=before.traced or reason is not None,
        warnings=_warnings(before, facts, scored.warnings),
    )
    return after, ScoreRevision(
        score=scored,
        reaction=reaction,
        follow_up=reaction.follow_up_type or context.follow_up,
        follow_up_reason=_REPORTED if reaction.follow_up_type else context.follow_up_reason,
        offers=tuple(_offers(before, after, answer, reaction, scored, policy)),
        trace_reason=reason,
    )


def _offers(
    before: ScoredAnswer,
    after: ScoredAnswer,
    answer: RecordedAnswer,
    reaction: AnswerReaction,
    scored: Score,
    policy: RewardPolicy,
) -> Iterator[ExampleOffer]:
    """A candidate or a withdrawal for each question, and for those that it no longer answers."""
    for aspect, key in before.keys.items():
        if after.keys.get(aspect) != key:
            yield ExampleOffer(aspect, key, None)
    candidates: dict[Aspect, CandidateAnswer] = {}
    if after.context.teaches and after.keys:
        candidates = {
            candidate.aspect: candidate
            for candidate in candidates_of(
                answer,
                after.facts.prompts,
                reaction,
                scored,
                revision=after.revision,
                request=after.context.request,
                weights=policy.weights,
            )
        }
    for aspect, key in after.keys.items():
        if aspect in candidates or before.revision:
            yield ExampleOffer(aspect, key, candidates.get(aspect))


def _warnings(
    before: ScoredAnswer, facts: AnswerFacts, scored: tuple[RewardWarning, ...]
) -> tuple[RewardWarning, ...]:
    """Every warning about this answer so far, in order."""
    recorded = facts.answer.warnings if facts.answer is not None else ()
    return tuple(sorted({*before.warnings, *facts.warnings, *scored, *recorded}))
