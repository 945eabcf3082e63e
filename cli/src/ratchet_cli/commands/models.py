"""The exporter's commands, until the command table loads them from the entry points."""

from exporter.commands import models

__all__ = ["models"]
