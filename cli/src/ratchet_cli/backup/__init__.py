"""Backups of a data directory: a consistent snapshot, its copy, and the restore."""
