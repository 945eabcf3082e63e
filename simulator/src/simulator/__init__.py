"""A seeded simulation of a plant and its operators; the same seed gives the same data."""

from simulator.turn import Reaction, Truth, Turn
from simulator.world import simulate

__all__ = ["Reaction", "Truth", "Turn", "simulate"]
