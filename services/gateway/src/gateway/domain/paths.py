"""Which paths the gateway passes on, and to which interface each belongs."""

from collections.abc import Sequence
from typing import Literal

Interface = Literal["ollama", "openai"]

CALLS = ("/api/chat", "/api/generate", "/v1/chat/completions", "/v1/completions")
"""The paths whose answers are texts."""
_OTHERS = (
    "/", "/api/embed", "/api/embeddings", "/api/tags", "/api/show", "/api/ps", "/api/version",
    "/v1/embeddings", "/v1/models",
)  # fmt: skip
_ONE_MODEL = "/v1/models/"
_OWN = ("/livez", "/readyz", "/metrics", "/status", "/asyncapi")


def is_own(path: str) -> bool:
    """Whether the gateway itself answers the path."""
    return path in _OWN or path.startswith("/asyncapi/")


def interface_of(path: str) -> Interface:
    """Of a path of neither interface it is `ollama`."""
    return "openai" if path.startswith("/v1/") else "ollama"


def is_passed_on(path: str, further: Sequence[str]) -> bool:
    """`further` are paths of the settings; one that ends in `*` stands for all that begin so."""
    if path in CALLS or path in _OTHERS:
        return True
    if not {".", ".."}.isdisjoint(path.split("/")):
        return False
    return path.startswith(_ONE_MODEL) or any(
        path.startswith(one.removesuffix("*")) if one.endswith("*") else path == one
        for one in further
    )


def model_in(path: str) -> list[str]:
    """The model that a path of `/v1/models/` names."""
    return [path.removeprefix(_ONE_MODEL)] if path.startswith(_ONE_MODEL) else []


def route_of(path: str) -> str:
    """The name of the path in metrics, of which there is a limited number."""
    if path.startswith(_ONE_MODEL):
        return f"{_ONE_MODEL}…"
    return path if path in CALLS or path in _OTHERS else "other"
