"""API access in the log and in `/status`."""

from dataclasses import dataclass
from typing import Any

from ratchet.service import is_loopback
from ratchet_edge.keys.key_ring import KeyRing


@dataclass
class AccessStatus:
    """`host` is the address that the service listens on."""

    ring: KeyRing
    host: str

    @property
    def open_without_keys(self) -> bool:
        return is_loopback(self.host)

    def summary(self) -> str:
        count = len(self.ring.keys())
        if self.ring.unreadable is not None:
            return f"every call is answered with 503: {self.ring.unreadable}"
        if count:
            return f"{count} valid keys"
        if self.open_without_keys and not self.ring.required:
            return (
                f"there are no keys: every caller is allowed, so ingest listens on {self.host} "
                "only and ignores RATCHET_HOST; create a key with `ratchet keys create` and restart"
            )
        return "there are no valid keys: every call is refused; run `ratchet keys create`"

    def facts(self) -> dict[str, Any]:
        return {
            "host": self.host,
            "keys": len(self.ring.keys()),
            "summary": self.summary(),
            "problem": self.ring.problem,
        }
