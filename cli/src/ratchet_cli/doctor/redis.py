"""Whether Redis can carry the system."""

from collections.abc import Mapping

from ratchet.service import Finding, RedisFacts, fitness
from ratchet_cli.doctor import redis_memory
from ratchet_cli.doctor.check import Check, fail, ok, skipped

_NAMES = (
    "redis",
    "redis mode",
    "redis version",
    "redis persistence",
    "redis eviction",
    redis_memory.NAME,
)
_START_IT = (
    "start the system with `ratchet up`, or the server; for a server elsewhere pass --redis-url "
    "or set RATCHET_REDIS_URL"
)
_REMEDIES = {
    "MISCONF": "make room on the disk of the server, or let it write there",
    "LOADING": "wait until it has loaded its data",
    "WRONGPASS": "correct the password in RATCHET_REDIS_URL",
    "NOAUTH": "set RATCHET_REDIS_URL to an address with the password",
    "invalid username-password": "correct the user name or the password in RATCHET_REDIS_URL",
    "uthentication": "set RATCHET_REDIS_URL to an address with the password",
}
"""By a part of what the server or the client says."""


def judge(facts: RedisFacts, address: str) -> list[Check]:
    findings = [_check(finding) for finding in fitness(facts)]
    return [ok("redis", f"{address} responds"), *findings]


def unavailable(address: str, problem: str, trouble: Mapping[str, str] | None) -> list[Check]:
    """The checks if Redis does not respond or refuses the client.

    `trouble` is why the embedded server does not run, with the remedy, if that is known.
    """
    if trouble is not None:
        problem, remedy = trouble["problem"], trouble["remedy"]
    else:
        remedy = next((remedy for word, remedy in _REMEDIES.items() if word in problem), _START_IT)
    first = fail(_NAMES[0], f"{address} cannot be used: {problem}", remedy)
    return [first, *(skipped(name, "Redis does not respond") for name in _NAMES[1:])]


def _check(finding: Finding) -> Check:
    return Check(finding.name, finding.level, finding.text, finding.remedy)
