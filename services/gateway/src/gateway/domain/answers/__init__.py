"""Reads answers of model servers from their bytes, however these are divided."""
