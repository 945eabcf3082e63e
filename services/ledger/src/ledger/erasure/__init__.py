"""Erasure of a user's or a question's data from every service, stream and file."""
