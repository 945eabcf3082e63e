"""The trainer's database."""
