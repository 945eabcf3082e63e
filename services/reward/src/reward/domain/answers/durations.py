"""Durations in microseconds, the unit of every `at` and `window` of this service."""

SECOND = 1_000_000
DAY = 86_400 * SECOND
