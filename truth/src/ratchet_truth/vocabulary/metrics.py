"""What a name of a metric means: a quantity, and what qualifies it ("average power")."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple
from unicodedata import normalize

from ratchet_truth.vocabulary.phrases import Phrase, is_plain, phrases_in
from ratchet_truth.vocabulary.tokens import WordToken, tokens_in

METRIC = frozenset(("quantity", "qualifier"))
"""The kinds of phrases that name a metric."""
_POSTPOSITIONS = frozenset(("से", "se"))
_JOINING = frozenset(
    "of the a an its for in on at der des die das den dem von del de la el los का की के 的".split()
)
_PLACES = frozenset(("inlet", "outlet"))


class MetricMeaning(NamedTuple):
    """A quantity such as "power"; its qualifiers such as "average"; other words ("bearing").

    A quantity that the lexicon lacks is its own words after "~". An empty one is not named.
    """

    quantity: str
    qualifiers: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()

    @property
    def references(self) -> frozenset[str]:
        """The qualifiers that make it a value to compare with, not a place such as an inlet."""
        return self.qualifiers - _PLACES

    @property
    def plain(self) -> bool:
        return not self.references


@lru_cache(4_096)
def metric_of(name: str) -> MetricMeaning:
    """The metric that a reading's name means, in any language of the lexicon."""
    tokens = tokens_in(normalize("NFC", name))
    quantity = ""
    qualifiers: set[str] = set()
    read: set[int] = set()
    for phrase in phrases_in(tokens):
        meanings = phrase.meanings
        if meanings.keys() & METRIC:
            # "current power": an electrical quantity only if no other follows.
            if "quantity" in meanings and not (meanings["quantity"] == "current" and quantity):
                quantity = meanings["quantity"]
            qualifiers |= {meanings["qualifier"]} if "qualifier" in meanings else set()
            read.update(range(phrase.first, phrase.last))
    rest = [token.text for at, token in enumerate(tokens) if at not in read]
    if not quantity:
        quantity = "~" + " ".join(word for word in rest if not is_plain(word))
        rest = []
    others = frozenset(word for word in rest if not is_plain(word))
    return MetricMeaning(quantity, simplified(qualifiers), others)


def simplified(qualifiers: set[str] | frozenset[str]) -> frozenset[str]:
    """Qualifiers without a doubled one: a "maximum limit" is a limit, a "low limit" a minimum."""
    if "limit" in qualifiers:
        if "minimum" in qualifiers:
            return frozenset(qualifiers - {"limit"})
        return frozenset(qualifiers - {"maximum", "rated"})
    return frozenset(qualifiers)


def fits(said: MetricMeaning, stored: MetricMeaning) -> bool:
    """Whether words in an answer may mean a reading's metric; an empty quantity means any."""
    if said.quantity and said.quantity != stored.quantity:
        return False
    qualifiers = stored.qualifiers if said.qualifiers & _PLACES else stored.references
    return said.qualifiers == qualifiers and said.others <= stored.others


def literal_phrases(names: Sequence[str]) -> list[tuple[str, str, str]]:
    """The phrases by which an answer names metrics that the lexicon does not have."""
    found = []
    for name in names:
        quantity = metric_of(name).quantity
        if len(quantity) > 1 and quantity[0] == "~":
            found.append((quantity[1:], "quantity", quantity))
    return found


class SaidMetric(NamedTuple):
    """A metric that an answer names at `text[start:end]`."""

    start: int
    end: int
    metric: MetricMeaning


def add_metric(
    found: list[SaidMetric], tokens: Sequence[WordToken], phrase: Phrase, text: str
) -> None:
    """Add the metric of a phrase; "average" and "power" beside each other are one metric.

    "Current" directly before another metric or "value" is no electrical quantity. In Hindi a
    qualifier before a postposition is compared with: "शक्ति औसत से कम".
    """
    meanings, first, last = phrase.meanings, phrase.first, phrase.last
    quantity = meanings.get("quantity", "")
    qualifiers = {meanings["qualifier"]} if "qualifier" in meanings else set()
    start, end = tokens[first].start, tokens[last - 1].end
    if text[start:end].lower() == "current":
        ahead = next(phrases_in(tokens[last : last + 1]), None)
        if ahead is not None and ahead.meanings.keys() & {"quantity", "record"}:
            return
    following = tokens[last].text if last < len(tokens) else ""
    if found and not (qualifiers and following in _POSTPOSITIONS):
        before = found[-1]
        joined = _are_joined(tokens, before.end, first, text[before.end : start])
        if joined and not (quantity and before.metric.quantity):
            metric = MetricMeaning(
                quantity or before.metric.quantity,
                simplified(before.metric.qualifiers | qualifiers),
            )
            found[-1] = SaidMetric(before.start, end, metric)
            return
    found.append(SaidMetric(start, end, MetricMeaning(quantity, simplified(qualifiers))))


def _are_joined(tokens: Sequence[WordToken], since: int, first: int, between: str) -> bool:
    """Whether only words such as "of the" stand between two phrases."""
    if any(mark in between for mark in ",.;:()，。；：、"):
        return False
    at = first - 1
    while at >= 0 and tokens[at].start >= since:
        if tokens[at].text not in _JOINING:
            return False
        at -= 1
    return True
