"""What an operator's next utterance says about the answer before it; whole words only."""

from typing import NamedTuple

from ratchet.contract import FollowUp
from reward.domain.follow_up import phrases
from reward.domain.follow_up.utterance import METRICS, PERIODS, Utterance, numbers

_REPEATED_FROM = 0.6


class FollowUpClass(NamedTuple):
    """`kind` is None where the utterance says nothing clear; `reason` names the rule."""

    kind: FollowUp | None
    reason: str


def classify_follow_up(previous: str, following: str) -> FollowUpClass:
    """How `following`, said right after the answer to `previous`, takes that answer."""
    asked, said = Utterance(previous), Utterance(following)
    if not said.words:
        return FollowUpClass(None, "no words")
    request = _request_in(said)
    if _pleads(asked, said):
        return FollowUpClass("repeat", "a plea to say it again")
    if not request.asks and request.words[:1] != ("and",) and _is_thanks(said):
        return FollowUpClass("satisfied", "an acknowledgement and no request")
    if _insists(asked, said):
        return FollowUpClass("repeat", "the same request, insisted on")
    if _corrects(said, request):
        return FollowUpClass("correction", "says that it was wrong, or what was meant")
    if _same_request(asked, request):
        return FollowUpClass("repeat", "the same request")
    if _stays(asked, request):
        return FollowUpClass("refinement", "stays on the subject")
    if request.asks:
        return FollowUpClass("new_topic", "another request that shares nothing")
    return FollowUpClass(None, "neither a request nor a reaction")


def _request_in(said: Utterance) -> Utterance:
    """What is asked once sentences that only acknowledge, and words that lead in, are gone."""
    for sentence in said.sentences[:-1]:
        if Utterance(sentence).asks or not Utterance(sentence).has(*phrases.ACKNOWLEDGEMENTS):
            break
        said = said.after(len(Utterance(sentence).words))
    while lead_in := said.opens_with(*phrases.LEAD_INS):
        rest = said.after(len(lead_in.split()))
        if not rest.words or (lead_in == "and" and not rest.asks and not _is_thanks(rest)):
            break
        said = rest
    return said


def _pleads(asked: Utterance, said: Utterance) -> bool:
    if said.words in phrases.BARE_PLEAS or said.has(*phrases.PLEAS):
        return True
    if "again" in said.words[-2:] and said.has("what was", "what's", "what is"):
        return True
    again = "again" in said.words[-3:] or "repeat" in said.words
    return again and len(said.topic - asked.topic) <= 1


def _insists(asked: Utterance, said: Utterance) -> bool:
    if not said.has(*phrases.SAID_BEFORE) or "not" in said.content - asked.content:
        return False
    return not said.content - asked.content - {"question"}


def _is_thanks(said: Utterance) -> bool:
    if said.has(*phrases.ENOUGH):
        return True
    if said.has(*phrases.MEANT, *phrases.IS_WRONG):
        return False
    if said.has(*phrases.THANKS) or said.opens_with(*phrases.NO_COMPLAINTS):
        return True
    denied = said.has(*phrases.WRONG) or said.opens_with(*phrases.DENIALS)
    return not denied and said.has(*phrases.ACKNOWLEDGEMENTS)


def _corrects(said: Utterance, request: Utterance) -> bool:
    if said.has(*phrases.MEANT):
        return True
    if said.opens_with(*phrases.DENIALS):
        return not Utterance(said.sentences[0]).after(1).asks
    if request.asks:
        return False
    if said.has(*phrases.WRONG) or "not" in said.content:
        return True
    return said.opens_with(*phrases.STATEMENTS) is not None


def _same_request(asked: Utterance, request: Utterance) -> bool:
    """Nearly the same content, and no other number, period, quantity or kind of question."""
    if request.opens_with(*phrases.ELLIPTICAL) or not request.content:
        return False
    if numbers(asked.words) != numbers(request.words) or asked.asks_for != request.asks_for:
        return False
    added, lost = request.content - asked.content, asked.content - request.content
    if added & METRICS or "not" in added ^ lost or (added & PERIODS and lost & PERIODS):
        return False
    if added and not lost:
        return False
    shared = len(asked.content & request.content)
    return shared / len(asked.content | request.content) >= _REPEATED_FROM or (
        not added and shared >= 2
    )


def _stays(asked: Utterance, request: Utterance) -> bool:
    if asked.topic & request.topic or request.opens_with(*phrases.ELLIPTICAL, *phrases.VIEWS):
        return True
    if _points_back(request) or request.has(*phrases.AS_VIEW):
        return True
    if request.asks:
        return not request.topic
    return bool(request.content) and len(request.words) <= 6


def _points_back(request: Utterance) -> bool:
    """ "this week" and "that month" name a period, "this" and "that" what was just shown."""
    pairs = zip(request.words, (*request.words[1:], ""), strict=True)
    return request.words[-1:] == ("there",) or any(
        word in phrases.POINTERS and not (word in ("this", "that") and follower in PERIODS)
        for word, follower in pairs
    )
