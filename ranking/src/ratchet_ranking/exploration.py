"""Exploration: a greedy order in which at most two candidates exchange positions.

One stage of the Plackett-Luce model (Plackett 1975) is drawn for one position. Because there is at
most one exchange, the probabilities of an order and of each candidate at each position are exact
and cheap, which they are not for full Plackett-Luce orders.
"""

from collections.abc import Sequence
from math import exp
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ratchet.contract import Candidate, RankingPolicy

Floats = NDArray[np.float64]

_LEAST = 1e-290
"""A smaller sum of odds is not drawn from: dividing by it could overflow."""


class Slot(NamedTuple):
    """A position that may be exchanged with each lower position before `end`.

    The probability of the exchange with position j is `scale * odds[j]`.
    """

    scale: float
    end: int


class Exploration(NamedTuple):
    """The greedy order of candidate indices, and the possible exchanges.

    `odds` (n,) belong to the positions of the order, `slots` to its upper positions. Without slots
    there is no exploration.
    """

    order: tuple[int, ...]
    odds: list[float]
    slots: tuple[Slot, ...]

    def swap(self, upper: int, lower: int) -> float:
        """The probability that these two positions of the greedy order are exchanged."""
        slot = self.slots[upper]
        return slot.scale * self.odds[lower] if upper < lower < slot.end else 0.0

    def leaves(self, upper: int) -> float:
        """The probability that a slot goes to a lower candidate."""
        slot = self.slots[upper]
        return slot.scale * sum(self.odds[upper + 1 : slot.end])

    @property
    def greedy(self) -> float:
        """The probability of no exchange."""
        return 1.0 - sum(map(self.leaves, range(len(self.slots))))

    def exchange(self, drawn: float) -> tuple[int, int] | None:
        """The two exchanged positions, upper first, for `drawn` uniform in [0, 1)."""
        left = drawn - self.greedy
        if left < 0:
            return None
        last = None
        for upper, slot in enumerate(self.slots):
            for lower in range(upper + 1, slot.end):
                chance = slot.scale * self.odds[lower]
                if chance > 0:
                    last = (upper, lower)
                    left -= chance
                    if left < 0:
                        return last
        return last

    def order_after(self, exchange: tuple[int, int] | None) -> tuple[int, ...]:
        """The greedy order with the two positions exchanged."""
        order = list(self.order)
        if exchange is not None:
            upper, lower = exchange
            order[upper], order[lower] = order[lower], order[upper]
        return tuple(order)

    def stays(self) -> list[float]:
        """The probability (n,) that the candidate at each greedy position stays there."""
        stays = [1.0] * len(self.order)
        for upper, slot in enumerate(self.slots):
            stays[upper] -= self.leaves(upper)
            for lower in range(upper + 1, slot.end):
                stays[lower] -= slot.scale * self.odds[lower]
        return stays

    def propensities(self, exchange: tuple[int, int] | None) -> list[float]:
        """The probability (n,) of each candidate of the drawn order at its position."""
        chances = self.stays()
        if exchange is not None:
            upper, lower = exchange
            chances[upper] = chances[lower] = self.swap(upper, lower)
        return chances

    def propensity(self, exchange: tuple[int, int] | None) -> float:
        """The probability of the drawn order as a whole."""
        return self.greedy if exchange is None else self.swap(*exchange)

    def exposure(self, examination: Floats) -> Floats:
        """The expected examination of each candidate (n,), in candidate order.

        `examination` (n,) is the probability that a position is examined, 0 where nothing is shown.
        """
        at_place: Floats = examination * np.array(self.stays())
        odds = np.array(self.odds)
        for upper, slot in enumerate(self.slots):
            below = slice(upper + 1, slot.end)
            at_place[below] += examination[upper] * slot.scale * odds[below]
            at_place[upper] += slot.scale * (odds[below] @ examination[below])
        exposure = np.empty_like(at_place)
        exposure[list(self.order)] = at_place
        return exposure


def explore(
    worths: Sequence[float], candidates: Sequence[Candidate], policy: RankingPolicy, limit: int
) -> Exploration:
    """The possible orders of candidates with these worths (n,); ties keep the caller's order.

    The first `limit` are shown. A required candidate is among them in every possible order.
    """
    order = greedy_order(worths, candidates, limit)
    slots = min(policy.slots, limit, len(order) - 1)
    if not policy.explores or slots <= 0:
        return Exploration(order, [1.0] * len(order), ())
    most = max(worths)
    odds = [exp((worths[at] - most) / policy.temperature) for at in order]
    share = policy.share / slots
    drawn = []
    for upper in range(slots):
        end = min(limit, len(order)) if candidates[order[upper]].required else len(order)
        total = sum(odds[upper:end])
        drawn.append(Slot(share / total if total > _LEAST else 0.0, end))
    return Exploration(order, odds, tuple(drawn))


def greedy_order(
    worths: Sequence[float], candidates: Sequence[Candidate], limit: int
) -> tuple[int, ...]:
    """Candidates by worth, best first; required ones take the last shown positions if necessary."""
    by_worth = sorted(range(len(worths)), key=worths.__getitem__, reverse=True)
    if not any(candidates[at].required for at in by_worth[limit:]):
        return tuple(by_worth)
    free = [at for at in by_worth if not candidates[at].required]
    places = max(0, limit - len(by_worth) + len(free))
    hidden = set(free[places:])
    return tuple(sorted(by_worth, key=hidden.__contains__))
