"""Who may do what: which scope a call needs, and whether the key it bears has it."""

from dataclasses import dataclass
from typing import Literal

Scope = Literal["write", "read", "operate"]
COMPATIBILITY = "/api/layer2/"
_GUARDED = ("/v1/", COMPATIBILITY)
_OPERATIONS = ("/v1/commands/", "/v1/pairs")
_AS_THE_PAGE_CALLS = ("rl-status", "rl-history", "approve-training")
"""The Command Center's page bears its key with feedback alone."""


@dataclass(frozen=True)
class Bearer:
    """What a call bears in its headers: a secret, and whether that is a key's, of which scopes."""

    sent: bool
    known: bool = False
    scopes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Denied:
    status: int
    reason: str


def is_of_the_api(path: str) -> bool:
    return path.startswith(_GUARDED)


def scope_of(method: str, path: str) -> Scope | None:
    """The scope that a call needs; None for what anybody may ask, like the health of the service.

    A path that is not known needs one too, so that a route cannot be forgotten here.
    """
    if not is_of_the_api(path):
        return None
    if path.removeprefix(COMPATIBILITY).rstrip("/") in _AS_THE_PAGE_CALLS:
        return None
    if method in ("GET", "HEAD"):
        return "read"
    return "operate" if path.startswith(_OPERATIONS) else "write"


def denied(method: str, path: str, bearer: Bearer) -> Denied | None:
    """Why a call is turned away where keys are asked for, or None."""
    needed = scope_of(method, path)
    if needed is None or needed in bearer.scopes:
        return None
    if bearer.known:
        return Denied(403, f"this key may not {needed}: `ratchet keys create --scope {needed}`")
    if path.startswith(COMPATIBILITY):
        return Denied(403, f"send a key with the scope {needed} in the header X-Feedback-Key")
    what = "a key that is in force" if bearer.sent else "a key"
    return Denied(
        401, f"send {what}, with the scope {needed}: Authorization: Bearer …, or X-Api-Key"
    )
