"""The demo: the loop from questions and feedback to an activated model, and its report."""
