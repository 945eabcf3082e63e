"""Records calls while they are passed on, and publishes the records."""
