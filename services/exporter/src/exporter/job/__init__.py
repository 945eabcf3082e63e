"""The export itself, in processes of its own: the only place that loads llama.cpp."""
