"""Access rules: the scope that a request needs, and whether its credentials have it."""

from ratchet_edge.access import AccessDenied, AccessRules, Credentials, Scope

COMPATIBILITY = "/api/layer2/"
_GUARDED = ("/v1/", COMPATIBILITY)
_OPERATIONS = "/v1/commands/"
_TEACHING = ("/v1/traces", "/v1/pairs", "/v1/corrections")
_APPROVAL = f"{COMPATIBILITY}approve-training"
_FEEDBACK = ("/v1/feedback", "/v1/rank", f"{COMPATIBILITY}feedback")
_OWN = (
    "/livez", "/readyz", "/metrics", "/status", "/openapi.json", "/docs", "/redoc", "/asyncapi",
)  # fmt: skip
_WITHOUT_A_KEY = ("rl-status", "rl-history")
"""The Command Center's page sends no key with them."""


def is_api_path(path: str) -> bool:
    return path.startswith(_GUARDED)


def is_without_key(path: str) -> bool:
    """Whether the path is one of the page's, which sends no key with it."""
    return path.startswith(COMPATIBILITY) and (
        path.removeprefix(COMPATIBILITY).rstrip("/") in _WITHOUT_A_KEY
    )


def is_own_path(path: str) -> bool:
    """Whether ingest answers the path where a backend answers every other one."""
    if path.startswith(COMPATIBILITY):
        return path.rstrip("/") in (_APPROVAL, *_FEEDBACK) or is_without_key(path)
    return path.startswith(("/v1/", "/docs/", "/docs-files/", "/asyncapi/")) or path in _OWN


def scope_of(method: str, path: str) -> Scope | None:
    """The scope that a request needs; None for public paths, such as the health of the service.

    An unknown path of the API needs one too, so a new route cannot be left unprotected.
    """
    if not is_api_path(path):
        return None
    if is_without_key(path):
        return None
    if method in ("GET", "HEAD"):
        return Scope.READ
    if path.startswith((_OPERATIONS, _APPROVAL)):
        return Scope.OPERATE
    if path.rstrip("/") in _FEEDBACK:
        return Scope.FEEDBACK
    return Scope.TEACH if path.startswith(_TEACHING) else Scope.WRITE


def access_denied(method: str, path: str, credentials: Credentials) -> AccessDenied | None:
    """Why the request is refused where keys are required, or None."""
    scope = scope_of(method, path)
    if scope is None or scope in credentials.scopes:
        return None
    if credentials.known:
        return AccessDenied(
            403,
            f"this key lacks the scope {scope}: create one with "
            f"`ratchet keys create --scope {scope}`",
        )
    if path.startswith(COMPATIBILITY):
        return AccessDenied(403, f"send a key with the scope {scope} in the header X-Feedback-Key")
    key = "a valid key" if credentials.sent else "a key"
    return AccessDenied(
        401, f"send {key} with the scope {scope}: Authorization: Bearer …, or X-Api-Key"
    )


def _key_header_of(path: str) -> str | None:
    return "x-feedback-key" if path.startswith(COMPATIBILITY) else None


ACCESS_RULES = AccessRules(scope_of, access_denied, is_without_key, _key_header_of)
