"""Events older than a stream retains: written to Parquet and verified, then trimmed."""
