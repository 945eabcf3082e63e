"""Comparing an exported or served model with the trained one."""
