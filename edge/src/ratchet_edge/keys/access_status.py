"""API access in the log, in `/status`, and in the address that a service listens on."""

from dataclasses import dataclass
from typing import Any, TypeVar

from ratchet.service import LOOPBACK, is_loopback
from ratchet.settings import CommonSettings
from ratchet_edge.keys.key_file import KeyFile, KeyFileUnreadable
from ratchet_edge.keys.key_ring import KeyRing

S = TypeVar("S", bound=CommonSettings)


def with_safe_host(settings: S) -> S:
    """The settings, with the host on loopback until a key exists."""
    keys = KeyFile(settings.data_dir)
    try:
        needs_key = keys.required or bool(keys.read())
    except KeyFileUnreadable:
        needs_key = True
    if is_loopback(settings.host) or needs_key:
        return settings
    return settings.model_copy(update={"host": LOOPBACK})


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
                f"there are no keys: every caller is allowed, so this listens on {self.host} "
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
