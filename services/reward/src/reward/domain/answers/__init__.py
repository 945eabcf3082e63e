"""What is stored of an answer, and of the reactions to it."""
