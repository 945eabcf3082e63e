"""The rules of the scorers: learning, off-policy evaluation and publishing. Pure functions on values."""
