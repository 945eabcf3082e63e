"""Turns the trained model's recorded answers into text that a server's answer has too."""

from collections.abc import Callable

from exporter.domain.parity.answers import AnswerToken, ReferenceAnswer
from ratchet.models import Chat, Likeliest

_LIKELIEST = 20
Spell = Callable[[int], str]


def reference_answer(chat: Chat, likeliest: Likeliest, spell: Spell) -> ReferenceAnswer:
    """The trained model's greedy answer to `chat.user`.

    Ends at the first position where the recorded token is not the likeliest: a greedy server
    would differ from there on.
    """
    answer = slice(len(likeliest) - len(chat.said) - 1, None)
    ids, logprobs = likeliest.ids[answer, :_LIKELIEST], likeliest.logprobs[answer, :_LIKELIEST]
    tokens: list[AnswerToken] = []
    for recorded, best, shares in zip(chat.said, ids.tolist(), logprobs.tolist(), strict=False):
        top = tuple((spell(token), logprob) for token, logprob in zip(best, shares, strict=True))
        tokens.append(AnswerToken(text=top[0][0], logprob=top[0][1], top=top))
        if best[0] != recorded:
            break
    return ReferenceAnswer(
        prompt=chat.user,
        rendered=chat.rendered,
        plan=chat.plan,
        tokens=tuple(tokens),
        ended=chat.ended and len(tokens) == len(chat.said),
    )
