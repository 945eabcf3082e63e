"""Attempts to reach what a caller may not reach, each with the status that refuses it."""
