"""Ranking widgets, and logging each decision."""
