"""The training methods, each on a trainer of TRL."""
