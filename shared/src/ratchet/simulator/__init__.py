"""A seeded plant with operators: the same seed gives the same questions, answers, feedback."""

from ratchet.simulator.turns import Reaction, Truth, Turn
from ratchet.simulator.world import simulate

__all__ = ["Reaction", "Truth", "Turn", "simulate"]
