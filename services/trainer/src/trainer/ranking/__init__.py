"""Tier 1 at work: learn from what was scored, judge what was learnt, publish what may serve."""
