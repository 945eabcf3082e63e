"""Whether there is an Ollama, and one that takes finished GGUF files and tells what it thinks."""

from dataclasses import dataclass

from ratchet_cli.doctor.check import Check, fail, ok, skipped, warn
from ratchet_cli.doctor.versions import numbers, older

OLDEST = "0.5.5"
"""`/api/create` takes uploaded files by digest from here on."""

PROVING = "0.12.11"
"""`/api/generate` tells log-probabilities from here on: a served model can be held to its GGUF."""

_UPGRADE = "upgrade it: run Ollama's installer again, or pull a newer `ollama/ollama` image"


@dataclass(frozen=True)
class OllamaFacts:
    """`version` None: no answer, because of `problem`; `url` empty: none is to be used."""

    url: str
    version: str | None = None
    problem: str = ""


def judge(facts: OllamaFacts) -> Check:
    if not facts.url:
        return skipped("ollama", "RATCHET_EXPORTER_OLLAMA_URL is empty: the local registry serves")
    if facts.version is None:
        return warn(
            "ollama",
            f"{facts.url} does not answer: {facts.problem}",
            "start it with `ollama serve`, name another by RATCHET_EXPORTER_OLLAMA_URL, or set "
            "that empty for the local registry alone; models follow when it answers",
        )
    found = f"{facts.version} at {facts.url}"
    if numbers(facts.version) is None:
        return warn("ollama", f"{found}: no version that can be compared", _UPGRADE)
    if older(facts.version, OLDEST):
        return fail(
            "ollama", f"{found} takes no finished GGUF file; {OLDEST} is the oldest", _UPGRADE
        )
    if older(facts.version, PROVING):
        return warn(
            "ollama",
            f"{found} tells no log-probabilities: what it serves is proven by its texts alone",
            f"{_UPGRADE}, {PROVING} or newer",
        )
    return ok("ollama", found)
