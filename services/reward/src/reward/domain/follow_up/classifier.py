"""Classifies an operator's next utterance as a reaction to the answer before it."""

from typing import NamedTuple

from ratchet.contract import FollowUp
from ratchet_text import NOT, FollowUpWords
from reward.domain.follow_up.utterance import Utterance

_REPEATED_FROM = 0.6


class FollowUpClass(NamedTuple):
    """`kind` is None for an unclear utterance; `reason` names the rule that matched."""

    kind: FollowUp | None
    reason: str


def classify_follow_up(previous: str, following: str, language: FollowUpWords) -> FollowUpClass:
    """Classify `following`, the utterance right after the answer to `previous`.

    The first rule that matches decides; `docs/follow-ups.md` has their measured accuracy.
    """
    earlier, utterance = Utterance(previous, language), Utterance(following, language)
    if not utterance.words:
        return FollowUpClass(None, "no words")
    request = _request_in(utterance)
    if _requests_repetition(earlier, utterance):
        return FollowUpClass("repeat", "a request to repeat the answer")
    if not request.is_request and not request.opens("conjunctions") and _is_thanks(utterance):
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
        if sentence.is_request or not sentence.has("acknowledgements"):
            break
        utterance = utterance.after(len(sentence.words))
    while lead_in := utterance.opens("lead_ins", "acknowledgements"):
        rest = utterance.after(len(lead_in.split()))
        joined = lead_in in utterance.language.phrases["conjunctions"]
        if not rest.words or (joined and not rest.opens_request and not _is_thanks(rest)):
            break
        utterance = rest
    return utterance


def _requests_repetition(earlier: Utterance, utterance: Utterance) -> bool:
    phrases, groups = utterance.language.phrases, utterance.language.words
    bare = utterance
    while (lead_in := bare.opens("lead_ins")) and len(lead_in.split()) < len(bare.words):
        bare = bare.after(len(lead_in.split()))
    texts = {" ".join(utterance.words), " ".join(bare.words)}
    if texts.intersection(phrases["bare_repeats"]) or utterance.has("repeat_requests"):
        return True
    again = utterance.last(3).has("again")
    if again and utterance.has("recalls"):
        return True
    again |= not groups["repeat"].isdisjoint(utterance.words)
    return again and len(utterance.topic - earlier.topic) <= 1


def _insists(earlier: Utterance, utterance: Utterance) -> bool:
    if NOT in utterance.content ^ earlier.content:
        return False
    added = utterance.content - earlier.content
    if utterance.has("insistence") and added <= utterance.language.words["asking"]:
        return True
    lost = earlier.content - utterance.content
    return utterance.has("intended") and not added and len(lost) < len(utterance.content)


def _is_thanks(utterance: Utterance) -> bool:
    if utterance.has("is_wrong"):
        return False
    if utterance.has("closings"):
        return True
    if utterance.has("intended"):
        return False
    if utterance.has("thanks") or utterance.opens("no_complaints"):
        return True
    denied = utterance.has("wrong") or utterance.opens("denials")
    return not denied and utterance.has("acknowledgements")


def _corrects(utterance: Utterance, request: Utterance) -> bool:
    if utterance.has("intended"):
        return True
    if utterance.opens("denials"):
        return not utterance.sentences[0].after(1).is_request
    if request.is_request:
        return False
    if utterance.has("wrong") or NOT in utterance.content:
        return True
    return utterance.opens("statements") is not None


def _same_request(earlier: Utterance, request: Utterance) -> bool:
    """Nearly the same content, with the same numbers, period, quantity and question word."""
    if request.opens("elliptical") or not request.content:
        return False
    if earlier.numbers != request.numbers or earlier.kinds != request.kinds:
        return False
    periods, metrics = request.language.words["periods"], request.language.words["metrics"]
    added, lost = request.content - earlier.content, earlier.content - request.content
    if added & metrics or NOT in added ^ lost or added & periods:
        return False
    if added and not lost:
        return False
    shared = len(earlier.content & request.content)
    return shared / len(earlier.content | request.content) >= _REPEATED_FROM or (
        not added and shared >= 2
    )


def _refines(earlier: Utterance, request: Utterance) -> bool:
    if earlier.topic & request.topic or request.opens("elliptical", "view_verbs"):
        return True
    if _refers_back(request) or request.has("view_changes"):
        return True
    if request.is_request:
        groups = request.language.words
        return request.topic <= groups["metrics"] - groups["general"]
    return bool(request.content) and len(request.words) <= 6


def _refers_back(request: Utterance) -> bool:
    """ "this week" and "that month" name a period; "this" and "that" alone refer to the answer."""
    groups = request.language.words
    addresses = request.language.phrases["addresses"]
    words = ("", *request.words, "")
    return bool(groups["places"].intersection(request.words[-1:])) or any(
        word in groups["pronouns"]
        and not (word in groups["determiners"] and follower in groups["periods"])
        and f"{before} {word}" not in addresses
        for before, word, follower in zip(words, words[1:], words[2:], strict=False)
    )
