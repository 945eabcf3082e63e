"""Runs a service in the process of the test."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from faststream.asgi import AsgiFastStream

from ratchet_testing.eventually import eventually


@asynccontextmanager
async def started(app: AsgiFastStream) -> AsyncIterator[None]:
    """Start the service; yields when every consumer reads, which is after FastStream's start."""
    async with app.start_lifespan_context():
        broker = app.broker
        assert broker is not None

        async def reads() -> bool:
            return broker.running

        await eventually(reads)
        yield
