"""The exporter's commands, until the command table loads them from the entry points."""

from exporter.commands import activate, rollback

__all__ = ["activate", "rollback"]
