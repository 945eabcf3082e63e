"""Replay: recalculates rewards, examples and the ledger from the recorded input, and compares."""
