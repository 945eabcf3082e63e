"""Merge, convert, quantize, compare and register accepted adapters."""
