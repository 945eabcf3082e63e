"""Whether Ollama responds, in a version that accepts finished GGUF files."""

from dataclasses import dataclass

import httpx

from ratchet_cli.doctor.check import Check, fail, ok, skipped, warn
from ratchet_cli.doctor.versions import numbers, older
from ratchet_text import masked, split_credentials

_OLDEST = "0.5.5"
"""The first whose `/api/create` accepts files that were uploaded by digest."""

_WITH_LOGPROBS = "0.12.11"
"""The first whose `/api/generate` returns log-probabilities, which the parity gate compares."""

_WITH_OWN_TEMPLATES = "0.30.0"
"""The first that renders the chat template inside a GGUF, and not a translation of its own."""

_UPGRADE = "upgrade it: run Ollama's installer again, or pull a newer `ollama/ollama` image"


@dataclass(frozen=True)
class OllamaFacts:
    """`version` is None if there was no answer, because of `problem`; `url` is empty if unused."""

    url: str
    version: str | None = None
    problem: str = ""


async def probe(url: str) -> OllamaFacts:
    if not url:
        return OllamaFacts(url)
    shown, (address, credentials) = masked(url), split_credentials(url)
    try:
        async with httpx.AsyncClient(auth=credentials, timeout=2.0) as client:
            response = await client.get(f"{address}/api/version")
            return OllamaFacts(shown, str(response.raise_for_status().json()["version"]))
    except httpx.HTTPError as error:
        return OllamaFacts(shown, problem=str(error) or type(error).__name__)
    except (httpx.InvalidURL, ValueError, KeyError, TypeError):
        return OllamaFacts(shown, problem="the answer is not Ollama's")


def judge(facts: OllamaFacts) -> Check:
    if not facts.url:
        return skipped("ollama", "RATCHET_EXPORTER_OLLAMA_URL is empty: the local registry serves")
    if facts.version is None:
        return warn(
            "ollama",
            f"{facts.url} does not respond: {facts.problem}",
            "start it with `ollama serve`, set RATCHET_EXPORTER_OLLAMA_URL to another, or set it "
            "empty for the local registry alone; missing models are registered when it responds",
        )
    finding = f"{facts.version} at {facts.url}"
    if numbers(facts.version) is None:
        return warn("ollama", f"{finding}: not a version number", _UPGRADE)
    if older(facts.version, _OLDEST):
        return fail(
            "ollama",
            f"{finding} does not accept finished GGUF files; {_OLDEST} is the oldest that does",
            _UPGRADE,
        )
    if older(facts.version, _WITH_LOGPROBS):
        return warn(
            "ollama",
            f"{finding} returns no log-probabilities: only the texts of its models are verified",
            f"{_UPGRADE}, {_WITH_LOGPROBS} or newer",
        )
    if older(facts.version, _WITH_OWN_TEMPLATES):
        return warn(
            "ollama",
            f"{finding} knows the chat formats of a few model families only",
            f"{_UPGRADE}, {_WITH_OWN_TEMPLATES} or newer",
        )
    return ok("ollama", finding)
