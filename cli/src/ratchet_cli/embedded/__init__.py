"""The whole system on one machine: Valkey and five services as child processes."""
