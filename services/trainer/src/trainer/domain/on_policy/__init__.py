"""On-policy rounds: a model learns from its own answers to questions of the training side."""
