"""Runs a service in the process of the test."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from faststream.asgi import AsgiFastStream


@asynccontextmanager
async def started(app: AsgiFastStream) -> AsyncIterator[None]:
    """Start the service; yields when every consumer reads."""
    async with app.start_lifespan_context():
        yield
