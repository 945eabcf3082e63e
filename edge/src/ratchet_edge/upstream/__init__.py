"""Passes requests that are not the service's own to a backend."""
