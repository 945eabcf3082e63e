"""PyTorch, transformers, PEFT and TRL; loaded in child processes only."""
