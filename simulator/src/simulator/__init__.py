"""A seeded plant with operators: the same seed gives the same questions, answers, feedback."""

from simulator.turn import Reaction, Truth, Turn
from simulator.world import simulate

__all__ = ["Reaction", "Truth", "Turn", "simulate"]
