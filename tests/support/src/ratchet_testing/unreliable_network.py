"""A TCP proxy that delays, cuts and loses what passes through it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from random import Random
from typing import Literal

Fault = Literal["request cut", "answer lost", "slow"]
_LONGEST_DELAY_S = 0.2


class UnreliableNetwork:
    """`target` is the port behind it and may change; `faults` counts what happened.

    `shares`, which may change, are the probabilities of a fault at each chunk of data. A lost
    answer is one that the server gave and the client never received.
    """

    def __init__(self, target: int, shares: dict[Fault, float], seed: int) -> None:
        self.target = target
        self.faults: Counter[Fault] = Counter()
        self.is_cut = False
        self.shares = shares
        self._random = Random(seed)
        self._open: set[asyncio.StreamWriter] = set()

    def cut(self) -> None:
        """Lose every connection, and refuse new ones until `restore`."""
        self.is_cut = True
        self._lose_all()

    def restore(self) -> None:
        self.is_cut = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_cut:
            writer.transport.abort()
            return
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        pair = {writer, back}
        self._open |= pair
        with suppress(OSError, asyncio.CancelledError):
            await asyncio.gather(
                self._copy(reader, back, pair, "request cut"),
                self._copy(there, writer, pair, "answer lost"),
            )
        self._lose(pair)

    async def _copy(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        pair: set[asyncio.StreamWriter],
        loss: Fault,
    ) -> None:
        while data := await reader.read(65536):
            if self._happens("slow"):
                await asyncio.sleep(self._random.uniform(0, _LONGEST_DELAY_S))
            if self._happens(loss):
                if loss == "request cut":
                    writer.write(data[: len(data) // 2])
                    await writer.drain()
                self._lose(pair)
                return
            writer.write(data)
            await writer.drain()
        writer.close()

    def _happens(self, fault: Fault) -> bool:
        happens = self._random.random() < self.shares.get(fault, 0.0)
        self.faults[fault] += happens
        return happens

    def _lose_all(self) -> None:
        self._lose(set(self._open))

    def _lose(self, writers: set[asyncio.StreamWriter]) -> None:
        for writer in writers:
            writer.transport.abort()
        self._open -= writers


@asynccontextmanager
async def unreliable_network(
    target: int, port: int, shares: dict[Fault, float], seed: int = 1
) -> AsyncIterator[UnreliableNetwork]:
    """Listens on the loopback `port`, before the loopback port `target`."""
    network = UnreliableNetwork(target, shares, seed)
    server = await asyncio.start_server(network.serve, "127.0.0.1", port)
    try:
        yield network
    finally:
        server.close()
        network.cut()
