"""Rows of the files that can be imported, and how each becomes one fact."""
