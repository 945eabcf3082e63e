"""The events of a new score: the score itself, and the request for a trace."""

from collections.abc import Iterator, Mapping

from ratchet.contract import Event, ExperienceScored, derived_id
from reward.domain.examples.pairing_rules import PairingRules
from reward.domain.examples.question import question_keys
from reward.domain.examples.served_plan import served_plan
from reward.domain.examples.trace_sampling import trace_request
from reward.domain.state.batch_state import AnswerChange
from reward.domain.state.scored_answer import ScoredAnswer


def score_events(
    cause: Event,
    change: AnswerChange,
    answers: Mapping[str, ScoredAnswer],
    rules: PairingRules,
    settings_hash: str,
) -> Iterator[Event]:
    """The events of `change`, none without a new revision; a retry makes the same events.

    The id depends on the content: after Redis went back in time the same cause may have another
    effect, because other facts have been processed before it. A score names persons only: the
    ranking limits what each of them teaches.
    """
    scored, revision = answers[change.query_id], change.revision
    answer = scored.facts.answer
    if revision is None or answer is None:
        return
    score, quality = revision.score, revision.score.text_quality
    content = repr((scored.revision, score, revision.reaction.rating, revision.follow_up))
    yield ExperienceScored(
        event_id=derived_id(cause.event_id, change.query_id, "scored", content),
        occurred_at=cause.occurred_at,
        caused_by=cause.event_id,
        query_id=answer.query_id,
        user_id=answer.user_id if rules.is_person(answer.user_id) else "",
        revision=scored.revision,
        rating=revision.reaction.rating,
        follow_up=revision.follow_up,
        follow_up_reason=revision.follow_up_reason,
        total=score.total,
        components=score.components,
        widget_reward=score.widget_reward,
        voice_reward=score.voice_reward,
        voice_response_rating=score.voice_rating,
        text_quality=quality._asdict() if quality else None,
        settings_hash=settings_hash,
        warnings=scored.warnings,
        plan=served_plan(answer, revision.reaction, score),
        calls=tuple(sorted({one.call_id for one in scored.facts.prompts.values()})),
    )
    if revision.trace_reason is not None:
        # A teacher is asked with our prompt, whether the answer's own is known by now or later.
        key = question_keys(answer, rules.scope)["voice"]
        yield trace_request(answer, key, revision.trace_reason, cause)
