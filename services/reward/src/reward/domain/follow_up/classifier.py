"""Classifies an operator's next utterance as a reaction to the answer before it."""

from typing import NamedTuple

from ratchet.contract import FollowUp
from reward.domain.follow_up import phrases
from reward.domain.follow_up.utterance import METRICS, PERIODS, Utterance, numbers

_REPEATED_FROM = 0.6


class FollowUpClass(NamedTuple):
    """`kind` is None for an unclear utterance; `reason` names the rule that matched."""

    kind: FollowUp | None
    reason: str


def classify_follow_up(previous: str, following: str) -> FollowUpClass:
    """Classify `following`, the utterance right after the answer to `previous`.

    The first rule that matches decides; `docs/follow-ups.md` has its measured accuracy.
    """
    earlier, utterance = Utterance(previous), Utterance(following)
    if not utterance.words:
        return FollowUpClass(None, "no words")
    request = _request_in(utterance)
    if _requests_repetition(earlier, utterance):
        return FollowUpClass("repeat", "a request to repeat the answer")
    if not request.is_request and request.words[:1] != ("and",) and _is_thanks(utterance):
        return FollowUpClass("satisfied", "an acknowledgement and no request")
    if _insists(earlier, utterance):
        return FollowUpClass("repeat", "insists on the same request")
    if _corrects(utterance, request):
        return FollowUpClass("correction", "rejects the answer or states what was intended")
    if _same_request(earlier, request):
        return FollowUpClass("repeat", "the same request")
    if _refines(earlier, request):
        return FollowUpClass("refinement", "the same subject")
    if request.is_request:
        return FollowUpClass("new_topic", "a request on another subject")
    return FollowUpClass(None, "neither a request nor a reaction")


def _request_in(utterance: Utterance) -> Utterance:
    """The request without sentences that only acknowledge and without lead-in words."""
    for sentence in utterance.sentences[:-1]:
        if Utterance(sentence).is_request or not Utterance(sentence).has(*phrases.ACKNOWLEDGEMENTS):
            break
        utterance = utterance.after(len(Utterance(sentence).words))
    while lead_in := utterance.opens_with(*phrases.LEAD_INS):
        rest = utterance.after(len(lead_in.split()))
        if not rest.words or (lead_in == "and" and not rest.is_request and not _is_thanks(rest)):
            break
        utterance = rest
    return utterance


def _requests_repetition(earlier: Utterance, utterance: Utterance) -> bool:
    if utterance.words in phrases.BARE_REPEAT_REQUESTS or utterance.has(*phrases.REPEAT_REQUESTS):
        return True
    if "again" in utterance.words[-2:] and utterance.has("what was", "what's", "what is"):
        return True
    again = "again" in utterance.words[-3:] or "repeat" in utterance.words
    return again and len(utterance.topic - earlier.topic) <= 1


def _insists(earlier: Utterance, utterance: Utterance) -> bool:
    if not utterance.has(*phrases.INSISTENCE) or "not" in utterance.content - earlier.content:
        return False
    return not utterance.content - earlier.content - {"question"}


def _is_thanks(utterance: Utterance) -> bool:
    if utterance.has(*phrases.CLOSINGS):
        return True
    if utterance.has(*phrases.INTENDED, *phrases.IS_WRONG):
        return False
    if utterance.has(*phrases.THANKS) or utterance.opens_with(*phrases.NO_COMPLAINTS):
        return True
    denied = utterance.has(*phrases.WRONG) or utterance.opens_with(*phrases.DENIALS)
    return not denied and utterance.has(*phrases.ACKNOWLEDGEMENTS)


def _corrects(utterance: Utterance, request: Utterance) -> bool:
    if utterance.has(*phrases.INTENDED):
        return True
    if utterance.opens_with(*phrases.DENIALS):
        return not Utterance(utterance.sentences[0]).after(1).is_request
    if request.is_request:
        return False
    if utterance.has(*phrases.WRONG) or "not" in utterance.content:
        return True
    return utterance.opens_with(*phrases.STATEMENTS) is not None


def _same_request(earlier: Utterance, request: Utterance) -> bool:
    """Nearly the same content, with the same numbers, period, quantity and question word."""
    if request.opens_with(*phrases.ELLIPTICAL) or not request.content:
        return False
    if (
        numbers(earlier.words) != numbers(request.words)
        or earlier.question_words != request.question_words
    ):
        return False
    added, lost = request.content - earlier.content, earlier.content - request.content
    if added & METRICS or "not" in added ^ lost or (added & PERIODS and lost & PERIODS):
        return False
    if added and not lost:
        return False
    shared = len(earlier.content & request.content)
    return shared / len(earlier.content | request.content) >= _REPEATED_FROM or (
        not added and shared >= 2
    )


def _refines(earlier: Utterance, request: Utterance) -> bool:
    if earlier.topic & request.topic or request.opens_with(
        *phrases.ELLIPTICAL, *phrases.VIEW_VERBS
    ):
        return True
    if _refers_back(request) or request.has(*phrases.VIEW_CHANGES):
        return True
    if request.is_request:
        return not request.topic
    return bool(request.content) and len(request.words) <= 6


def _refers_back(request: Utterance) -> bool:
    """ "this week" and "that month" name a period; "this" and "that" alone refer to the answer."""
    pairs = zip(request.words, (*request.words[1:], ""), strict=True)
    return request.words[-1:] == ("there",) or any(
        word in phrases.PRONOUNS and not (word in ("this", "that") and follower in PERIODS)
        for word, follower in pairs
    )
