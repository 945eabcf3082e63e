"""Entries that a stream no longer retains: written to Parquet, verified, then trimmed."""
