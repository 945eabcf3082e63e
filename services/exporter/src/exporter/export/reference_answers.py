"""What the trained model said, as a server's answer can be held against it."""

from collections.abc import Callable

from exporter.domain.parity.answers import Reference, TokenSaid
from ratchet.models import Chat, Likeliest

_LIKELIEST = 20
Spell = Callable[[int], str]


def reference(chat: Chat, likeliest: Likeliest, spell: Spell) -> Reference:
    """How the trained model goes on after `chat.user`, as far as it found that the likeliest."""
    due = slice(len(likeliest) - len(chat.said) - 1, None)
    ids, logprobs = likeliest.ids[due, :_LIKELIEST], likeliest.logprobs[due, :_LIKELIEST]
    tokens: list[TokenSaid] = []
    for said, best, told in zip(chat.said, ids.tolist(), logprobs.tolist(), strict=False):
        top = tuple((spell(token), logprob) for token, logprob in zip(best, told, strict=True))
        tokens.append(TokenSaid(text=top[0][0], logprob=top[0][1], top=top))
        if best[0] != said:
            break
    return Reference(
        prompt=chat.user,
        rendered=chat.rendered,
        plan=chat.plan,
        tokens=tuple(tokens),
        ended=chat.ended and len(tokens) == len(chat.said),
    )
