"""Classifying an operator's next utterance."""
