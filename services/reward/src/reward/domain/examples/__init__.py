"""Building training examples from the answers to one question."""
