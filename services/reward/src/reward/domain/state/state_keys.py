"""The keys of the service's state in Redis."""

from typing import NamedTuple

from ratchet.contract import Aspect
from reward.domain.state.operator_day import DayKey

CALLS_FOR_S = 86_400
"""How long a call and an answer wait for each other: they come within minutes."""


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


def call_key(call_id: str) -> str:
    return f"ratchet:reward:call:{call_id}"


def place_key(place: str) -> str:
    return f"ratchet:reward:calls:{place}"
