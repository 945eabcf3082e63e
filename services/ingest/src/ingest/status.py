"""Who may call, as the log and `/status` say it."""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from ingest.keys.key_ring import KeyRing

LOOPBACK = "127.0.0.1"


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass
class AccessStatus:
    """`host` is what the service listens on."""

    ring: KeyRing
    host: str

    @property
    def open_without_keys(self) -> bool:
        return is_loopback(self.host)

    def summary(self) -> str:
        count = len(self.ring.keys())
        if count:
            return f"{count} keys in force"
        if self.open_without_keys:
            return (
                f"no key: anybody may call, so it listens on {self.host} only, whatever "
                "RATCHET_HOST says; make one with `ratchet keys create`, then start again"
            )
        return "no key in force: nobody may call; make one with `ratchet keys create`"

    def facts(self) -> dict[str, Any]:
        return {
            "host": self.host,
            "keys": len(self.ring.keys()),
            "summary": self.summary(),
            "problem": self.ring.problem,
        }
