"""Assigns questions to the held-out fifth by a hash of their words, so never differently."""

import hashlib

from ratchet.contract import RankingQuery
from ratchet_text import question_words

_EVERY = 5


def kind_of(query: RankingQuery) -> str:
    """The question without its numbers: pump 001 and pump 002 give the same kind."""
    words = [word for word in question_words(query.transcript) if not word.isdecimal()]
    return " ".join([query.intent, *words])


def fold_of(kind: str, folds: int) -> int:
    """The fold in 0..folds-1, by a hash of the kind."""
    return int.from_bytes(hashlib.sha256(kind.encode()).digest()[:8], "big") % folds


def is_held_out(query: RankingQuery) -> bool:
    """Whether a question only validates and never teaches."""
    return fold_of(kind_of(query), _EVERY) == 0
