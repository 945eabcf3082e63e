"""One answered question between two facts: what is known, what it is worth, at which revision."""

from ratchet.events.base import Value
from ratchet.events.example import Question, Source
from ratchet.events.experience import ExperienceRecorded, FeedbackReceived
from reward.domain.candidates import candidates_of
from reward.domain.facts import Facts, absorb
from reward.domain.pairing import Candidate
from reward.domain.question import question_of
from reward.domain.scoring import Score, Weights, score

Fact = ExperienceRecorded | FeedbackReceived


class Answered(Value):
    """`revision` counts the scores given so far; 0 while the experience has not arrived."""

    facts: Facts = Facts()
    revision: int = 0
    score: Score | None = None
    question: Question | None = None


def query_id_of(fact: Fact) -> str:
    return (
        fact.experience.query_id if isinstance(fact, ExperienceRecorded) else fact.feedback.query_id
    )


def revise(before: Answered, fact: Fact, weights: Weights) -> Answered:
    """Add one fact; a score that differs, or another question, makes a new revision."""
    facts = absorb(before.facts, fact)
    if facts.experience is None:
        return before.model_copy(update={"facts": facts})
    worth = score(facts.experience, facts.feedback(query_id_of(fact)), weights)
    question = question_of(facts.experience)
    changed = worth != before.score or question != before.question
    return Answered(facts=facts, revision=before.revision + changed, score=worth, question=question)


def offers(answered: Answered) -> tuple[Candidate, ...]:
    """What this answer brings to its question; nothing before it is scored."""
    experience = answered.facts.experience
    if experience is None or answered.score is None:
        return ()
    source = Source(
        query_id=experience.query_id, revision=answered.revision, user_id=experience.user_id
    )
    return candidates_of(experience, answered.score, source)
