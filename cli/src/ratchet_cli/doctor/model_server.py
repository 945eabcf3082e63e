"""Whether the OpenAI-compatible server of RATCHET_EXPORTER_SERVER_URL serves the model's name."""

from dataclasses import dataclass

import httpx

from ratchet_cli.doctor.check import Check, fail, ok, skipped, warn
from ratchet_text import masked, split_credentials

_NAME = "model server"
_SETTING = "RATCHET_EXPORTER_SERVER_URL"


@dataclass(frozen=True)
class ModelServerFacts:
    """`served` is None if there was no list of models, because of `problem`.

    `url` is empty if no server is configured; `responds` is whether something is there.
    """

    url: str
    served: tuple[str, ...] | None = None
    problem: str = ""
    responds: bool = False


async def probe(url: str) -> ModelServerFacts:
    """`url` is where `/chat/completions` begins."""
    if not url:
        return ModelServerFacts(url)
    shown, (address, credentials) = masked(url), split_credentials(url)
    try:
        async with httpx.AsyncClient(auth=credentials, timeout=2.0) as client:
            response = await client.get(f"{address.rstrip('/')}/models")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return ModelServerFacts(shown, problem=str(error) or type(error).__name__)
    if not response.is_success:
        problem = f"/models answers {response.status_code}"
        return ModelServerFacts(shown, problem=problem, responds=True)
    try:
        served = tuple(str(model["id"]) for model in response.json()["data"])
    except (ValueError, KeyError, TypeError):
        problem = "/models does not answer as an OpenAI-compatible server does"
        return ModelServerFacts(shown, problem=problem, responds=True)
    return ModelServerFacts(shown, served, responds=True)


def judge(facts: ModelServerFacts, model: str) -> Check:
    if not facts.url:
        return skipped(_NAME, f"{_SETTING} is empty: no other server is used")
    if facts.served is None and not facts.responds:
        return warn(
            _NAME,
            f"{facts.url} does not respond: {facts.problem}",
            f"start the server, or set {_SETTING} to where its /chat/completions begins; an "
            "activation waits for it",
        )
    if facts.served is None:
        return fail(
            _NAME,
            f"{facts.url}: {facts.problem}",
            f"set {_SETTING} to where /chat/completions begins, with any /v1",
        )
    if model not in facts.served:
        names = ", ".join(facts.served) or "none"
        return warn(
            _NAME,
            f"{facts.url} does not serve {model}; it serves {names}",
            f"start it with registry/{model}/latest/model.gguf of the data directory as {model} "
            "(llama-server: --alias), once a version is active",
        )
    return ok(_NAME, f"{model} at {facts.url}")
