"""Which calls are recorded."""

from hashlib import blake2b


def is_captured(call_id: str, share: float) -> bool:
    """Whether the call is in the `share`, by the hash of its id."""
    digest = blake2b(call_id.encode(), digest_size=8).digest()
    return int.from_bytes(digest) < share * 2**64
