"""The whole system on one machine: a real Valkey server and the four services as processes."""
