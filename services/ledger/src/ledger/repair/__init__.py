"""Finds and repairs what a clock or a server that went back left wrong."""
