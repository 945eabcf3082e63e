"""The export itself, in a process of its own: the only place that loads torch and llama.cpp."""
