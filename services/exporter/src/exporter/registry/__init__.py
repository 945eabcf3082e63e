"""Use cases of registered models: registration, activation, monitoring, retention."""
