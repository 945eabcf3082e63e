"""A service inside the test's own process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from faststream.asgi import AsgiFastStream

from ratchet_testing.eventually import eventually


@asynccontextmanager
async def started(app: AsgiFastStream) -> AsyncIterator[None]:
    """Inside, every consumer reads: FastStream's own context begins before they do."""
    async with app.start_lifespan_context():
        broker = app.broker
        assert broker is not None

        async def reads() -> bool:
            return broker.running

        await eventually(reads)
        yield
