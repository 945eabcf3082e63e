"""The rules of the scorers: learning, off-policy evaluation and publishing; pure functions."""
