"""The reward of one answer: components, weights and total."""
