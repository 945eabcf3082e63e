"""The right to be forgotten: one request through every service, stream and file."""
