"""Finds and puts back what a Redis that went back in time lost."""
