"""Versions, the alias, and how a model is served."""
