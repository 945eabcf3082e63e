"""Markers that say "this group has handled this event", set in the transaction that did."""

SEEN_TTL_S = 7 * 86_400


def seen_key(group: str, event_id: str) -> str:
    return f"ratchet:seen:{group}:{event_id}"
