"""What one batch offers to each question."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from reward.domain.examples.candidates import CandidateAnswer
from reward.domain.examples.example_set import QuestionState
from reward.domain.state.batch_state import AnswerChange
from reward.domain.state.scored_answer import ScoredAnswer
from reward.domain.state.state_keys import QuestionKey


@dataclass
class QuestionOffers:
    """What one batch offers to a question, by `query_id`; `fact` is the number of the last one."""

    candidates: dict[str, CandidateAnswer | None] = field(default_factory=dict)
    fact: int = 0


def collect(offers: dict[QuestionKey, QuestionOffers], change: AnswerChange, number: int) -> None:
    """Add what `change`, made by the fact of this number, offers."""
    if change.revision is None:
        return
    for aspect, key, candidate in change.revision.offers:
        question = offers.setdefault(QuestionKey(aspect, key), QuestionOffers())
        question.candidates[change.query_id] = candidate
        question.fact = number


def new_question(
    name: QuestionKey, offered: QuestionOffers, answers: Mapping[str, ScoredAnswer]
) -> QuestionState | None:
    """None if there are only withdrawals: a new question has nothing to withdraw."""
    for query_id, candidate in offered.candidates.items():
        answer = answers[query_id]
        if candidate is not None and (question := answer.question(*name)) is not None:
            messages = answer.facts.messages.get(name.aspect, ())
            return QuestionState(question=question, messages=messages)
    return None
