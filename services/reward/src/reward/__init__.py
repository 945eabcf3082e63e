"""Scores what operators and the judge say, and turns it into training examples."""
