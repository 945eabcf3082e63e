"""Ratchet's shared language and delivery: what every service speaks and stands on."""
