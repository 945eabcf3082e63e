"""The Tier 1 scorers in PyTorch."""
