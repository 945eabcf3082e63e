"""Generates a plant's stored history in the file formats of the predecessor."""
