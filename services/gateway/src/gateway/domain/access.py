"""Access rules: every path of the model server needs a key with the scope `write`."""

from gateway.domain.paths import is_own
from ratchet_edge.access import AccessDenied, AccessRules, Credentials, Scope


def scope_of(method: str, path: str) -> Scope | None:
    return None if is_own(path) else Scope.WRITE


def access_denied(method: str, path: str, credentials: Credentials) -> AccessDenied | None:
    """Why the request is refused where keys are required, or None."""
    scope = scope_of(method, path)
    if scope is None or scope in credentials.scopes:
        return None
    if credentials.known:
        remedy = f"create one with `ratchet keys create --scope {scope}`"
        return AccessDenied(403, f"this key lacks the scope {scope}: {remedy}")
    key = "a valid key" if credentials.sent else "a key"
    return AccessDenied(401, f"send {key} with the scope {scope}: Authorization: Bearer …")


ACCESS_RULES = AccessRules(scope_of, access_denied, lambda path: False, lambda path: None)
