"""What the Ratchet services share: the event contract, delivery, storage and measures."""
