"""Joining answers to the calls that a model server answered."""
