"""Rule-based quality of a spoken answer, blended with a judge's scores if there are any.

Source: the rule weights of the Command Center's text-quality contract. The rules measure form,
not truth: that is the judgment of `ratchet_truth`.
"""

from collections.abc import Mapping
from typing import NamedTuple

from ratchet_text import Scan, question_equipment, scan, written_marks

# A spoken answer is a few hundred characters; what follows the first 2,000 is not read.
READ_LIMIT = 2000
JUDGE_SHARE = 0.6
_NUMBER = (int, float)
_CONCISE = {0: 0.1, 1: 0.7, 2: 1.0, 3: 1.0, 4: 0.7, 5: 0.4}

_FILLERS = (
    "sure", "let me", "based on", "i'd be happy to", "i would be happy to", "i'm happy to",
    "here's what i", "here is what i", "well,", "certainly", "of course", "absolutely",
    "great question", "good question", "okay", "ok,", "so,", "thank you for", "thanks for",
    "as an ai", "according to the data", "i can help", "i will check", "i'll check",
)  # fmt: skip


class TextQuality(NamedTuple):
    """Five scores and their weighted total, each in 0..1."""

    groundedness: float
    conciseness: float
    directness: float
    specificity: float
    tts_friendliness: float
    total: float


_NOTHING = TextQuality(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def text_quality(
    text: str, question: str, judge: Mapping[str, object] | None = None
) -> TextQuality:
    """Score the spoken `text` that answers `question`: `rule_quality`, then `blended`."""
    return blended(rule_quality(text, question), judge)


def rule_quality(text: str, question: str) -> TextQuality:
    """The scores by the rules alone; an empty text scores 0."""
    read = text[:READ_LIMIT].strip()
    if not read:
        return _NOTHING
    facts = scan(read)
    return _weighted(
        groundedness(facts, question_equipment(question[:READ_LIMIT])),
        conciseness(facts),
        directness(facts, read),
        specificity(facts),
        tts_friendliness(facts, read, len(text)),
    )


def blended(rules: TextQuality, judge: Mapping[str, object] | None) -> TextQuality:
    """Blend `rules` with the judge's 0..1 scores by dimension, which weigh 0.6.

    Values that are not numbers in 0..1 are ignored, and so are scores of an empty text.
    """
    if not judge or rules == _NOTHING:
        return rules
    named = zip(TextQuality._fields[:-1], rules, strict=False)
    return _weighted(*[_blend(rule, judge.get(name)) for name, rule in named])


def _weighted(
    grounded: float, concise: float, direct: float, specific: float, speakable: float
) -> TextQuality:
    total = 0.25 * grounded + 0.2 * (concise + direct + specific) + 0.15 * speakable
    return TextQuality(grounded, concise, direct, specific, speakable, min(1.0, total))


def groundedness(facts: Scan, in_question: frozenset[str]) -> float:
    """Distinct equipment ids, values with units, and an equipment word of the question."""
    score = min(0.4, 0.2 * len(facts.equipment_ids)) + min(0.3, 0.15 * facts.values)
    if not in_question.isdisjoint(facts.equipment_words):
        score += 0.3
    return score


def conciseness(facts: Scan) -> float:
    """By the number of sentences: two or three are best."""
    return _CONCISE.get(facts.sentences, 0.2)


def directness(facts: Scan, text: str) -> float:
    """Whether the first sentence answers: no filler, a number, a piece of equipment."""
    if opens_with_filler(text):
        return 0.3
    return 0.6 + 0.2 * (facts.opens_with_number + facts.opens_with_equipment)


def specificity(facts: Scan) -> float:
    """Values with units; without any, bare numbers outside equipment ids."""
    if facts.values:
        return 1.0 if facts.values > 2 else 0.85 if facts.values == 2 else 0.7
    if facts.bare_numbers:
        return 0.5 if facts.bare_numbers > 1 else 0.35
    return 0.15


def tts_friendliness(facts: Scan, text: str, characters: int) -> float:
    """How well a synthesizer reads the text: few written marks, short words, short text."""
    score = 1.0 - 0.15 * written_marks(text)
    if facts.words and facts.letters < 5.5 * facts.words:
        score += 0.1
    if characters > 500:
        score -= 0.2
    elif characters > 300:
        score -= 0.1
    return min(1.0, max(0.0, score))


def opens_with_filler(text: str) -> bool:
    """Whether the text opens with a phrase that delays the answer."""
    opening = text[:40].lstrip(" \t\r\n\"'*_#>`-").lower().replace("’", "'")
    if not opening.startswith(_FILLERS):
        return False
    return any(
        opening.startswith(filler) and not opening[len(filler) : len(filler) + 1].isalpha()
        for filler in _FILLERS
    )


def _blend(rule: float, judged: object) -> float:
    if not isinstance(judged, _NUMBER) or isinstance(judged, bool) or not 0 <= judged <= 1:
        return rule
    return JUDGE_SHARE * judged + (1 - JUDGE_SHARE) * rule
