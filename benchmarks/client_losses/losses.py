"""What became of the events that a client sent over an unreliable network."""

from collections.abc import Set
from dataclasses import dataclass

from ratchet.contract import Stream
from ratchet_testing.unreliable_network import Fault, UnreliableNetwork

from .plant import Plant, ids_in

EVENTS = 5_000
SHARES: dict[Fault, float] = {"request cut": 0.15, "answer lost": 0.35, "slow": 0.3}


@dataclass(frozen=True)
class Losses:
    """`lost` and `doubled` count entries of the streams, `not_shown` answers of the HTTP API.

    `waiting` were not sent within the time.
    """

    sent: int
    waiting: int
    lost: int
    doubled: int
    not_shown: int
    faults: dict[Fault, int]

    @property
    def none(self) -> bool:
        return (self.lost, self.doubled, self.not_shown) == (0, 0, 0)


async def losses(
    plant: Plant,
    network: UnreliableNetwork,
    ids: Set[str],
    waiting: int,
    streams: tuple[Stream, ...],
    rated: str | None = None,
) -> Losses:
    """Compare what the streams and the API have with `ids`, one event of each in each stream."""
    lost = doubled = 0
    for stream in streams:
        found = await ids_in(plant.redis, stream)
        lost += len(ids - found.keys())
        doubled += found.total() - len(ids & found.keys())
    not_shown = await plant.not_shown(ids, rated)
    return Losses(len(ids) * len(streams), waiting, lost, doubled, not_shown, dict(network.faults))
