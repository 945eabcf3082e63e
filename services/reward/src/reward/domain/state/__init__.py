"""What the service stores of each answered question, and how facts change it."""
