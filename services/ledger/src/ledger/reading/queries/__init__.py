"""Queries on a connection that return views, one module for each topic."""
