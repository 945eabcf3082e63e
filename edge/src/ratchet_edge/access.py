"""What a key allows, and the rules of a service about it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """What a key allows. `teach` is for what becomes training data without a person's approval.

    `feedback` alone is for keys that browsers hold, so that everybody can read them.
    """

    FEEDBACK = "feedback"
    WRITE = "write"
    READ = "read"
    TEACH = "teach"
    OPERATE = "operate"


_INCLUDED = {
    Scope.OPERATE: frozenset({Scope.TEACH}),
    Scope.WRITE: frozenset({Scope.FEEDBACK}),
}


def with_included(scopes: Iterable[Scope]) -> frozenset[Scope]:
    """`scopes` and those that they include: `operate` has `teach`, `write` has `feedback`."""
    found = frozenset(scopes)
    return found.union(*(_INCLUDED.get(scope, frozenset()) for scope in found))


@dataclass(frozen=True)
class Credentials:
    """Whether a request sent a secret, whether that is a key's, and the key's scopes."""

    sent: bool
    known: bool = False
    scopes: frozenset[Scope] = frozenset()


@dataclass(frozen=True)
class AccessDenied:
    """The HTTP status and the reason of a refusal."""

    status: int
    reason: str


@dataclass(frozen=True)
class AccessRules:
    """The rules of one service, each by the method or path of a request.

    `scope_of` is None for public paths; `without_key` is true for those of them in the API.
    `key_header_of` names the header of the key; None means `Authorization: Bearer` or
    `X-Api-Key`.
    """

    scope_of: Callable[[str, str], Scope | None]
    denied: Callable[[str, str, Credentials], AccessDenied | None]
    without_key: Callable[[str], bool]
    key_header_of: Callable[[str], str | None]
