"""Turns feedback into rewards, and answers to the same question into training examples."""
