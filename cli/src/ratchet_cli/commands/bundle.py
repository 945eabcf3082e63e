"""The exporter's commands, until the command table loads them from the entry points."""

from exporter.commands import bundle, install

__all__ = ["bundle", "install"]
