"""The reward of one answer."""
