"""Keeps events until they are settled, also when the process ends."""
