"""One sitting that shows the loop: questions, feedback, examples, a run, a gate, a model."""
