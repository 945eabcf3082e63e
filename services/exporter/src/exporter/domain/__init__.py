"""Decisions of the exporter, as pure functions of values."""
