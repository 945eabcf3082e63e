"""The trainer service: collects examples, trains an adapter, and judges it before it may serve."""
