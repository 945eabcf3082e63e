"""Copies of training examples with other facts."""
