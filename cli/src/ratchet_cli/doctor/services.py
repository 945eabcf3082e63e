"""Whether every service runs, and does all that it should."""

from collections.abc import Mapping, Sequence
from typing import Any

from ratchet_cli.doctor.check import Check, fail, ok, skipped, warn
from ratchet_cli.doctor.degraded import degraded

_HASHING = "hashing"


def judge(services: Mapping[str, Mapping[str, Any]]) -> list[Check]:
    """`services` has what each says of itself by its name, `ready` and `problem` among it."""
    return [*(_service(name, facts) for name, facts in services.items()), _fallbacks(services)]


def none_to_ask(names: Sequence[str], why: str) -> list[Check]:
    return [skipped(name, why) for name in [*names, "embedding"]]


def _service(name: str, facts: Mapping[str, Any]) -> Check:
    if not facts["ready"]:
        return fail(
            name,
            str(facts.get("problem") or "not ready"),
            "see what it said in the output of `ratchet up`, which starts it again by itself",
        )
    parts = degraded(facts)
    if facts.get("problem"):
        return fail(name, f"it is stuck: {facts['problem']}", f"restart {name}")
    if parts:
        told = "; ".join(f"{one.part}: {one.reason}" for one in parts)
        mend = f"remove the cause, which {name}'s log lines tell more of; it goes on by itself then"
        return warn(name, f"runs, but {told}", mend)
    return ok(name, str(facts.get("summary") or "runs"))


def _fallbacks(services: Mapping[str, Mapping[str, Any]]) -> Check:
    """Which embedding ranks: the hashed words where no model is set."""
    used = {
        name: facts.get("settings", {}).get("embedding")
        for name, facts in services.items()
        if facts.get("settings", {}).get("embedding")
    }
    if not used:
        return skipped("embedding", "no service tells its own")
    if len(set(used.values())) > 1:
        told = ", ".join(f"{name} has {value}" for name, value in used.items())
        return fail(
            "embedding",
            f"{told}: a scorer learnt on one is not served on another",
            "set RATCHET_EMBEDDING alike for every service",
        )
    [value] = set(used.values())
    if value == _HASHING:
        return ok("embedding", "hashing: questions are alike by their words, not their meaning")
    return ok("embedding", str(value))
