"""Compares the parts of an answer with the readings."""
