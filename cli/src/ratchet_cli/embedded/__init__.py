"""The whole system on one machine: Valkey and six services as child processes."""
