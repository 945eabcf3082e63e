"""The keys of the service's state in Redis."""

from typing import NamedTuple

from ratchet.contract import Aspect
from reward.domain.state.operator_day import DayKey


class QuestionKey(NamedTuple):
    """A question in one aspect."""

    aspect: Aspect
    key: str


def answer_key(query_id: str) -> str:
    return f"ratchet:reward:answered:{query_id}"


def day_key(key: DayKey) -> str:
    return f"ratchet:reward:day:{key.day}:{key.user_id}"


def question_key(key: QuestionKey) -> str:
    return f"ratchet:reward:question:{key.aspect}:{key.key}"
