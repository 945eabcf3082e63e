"""Passes calls of applications to their model server, and records what was served."""
