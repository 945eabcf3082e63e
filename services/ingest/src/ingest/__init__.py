"""Accepts experiences and feedback over HTTP, ranks widgets, and answers reads."""
