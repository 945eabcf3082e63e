"""Use cases of Tier 2 and Tier 3: planning, running and reporting a training run."""
