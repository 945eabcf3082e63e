"""Versions, the alias, and how registered models are served."""
