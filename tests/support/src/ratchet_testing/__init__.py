"""Servers, fakes and waiting for tests and benchmarks."""
