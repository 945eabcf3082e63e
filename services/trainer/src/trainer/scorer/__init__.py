"""Use cases of Tier 1: learning, evaluating and publishing scorers."""
