"""Durations in whole microseconds."""

SECOND = 1_000_000
DAY = 86_400 * SECOND
