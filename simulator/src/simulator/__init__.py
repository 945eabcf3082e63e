"""A seeded simulation of a plant and its operators; the same seed gives the same data.

A site names its equipment in its own way and asks in its own languages. In a share of the
situations the asked reading is absent. What questions and answers look like is in the tables of
`wording`, of which every fourth template is for evaluation only.
"""

from simulator.plant import SITES, Site
from simulator.turn import Reaction, Truth, Turn
from simulator.world import simulate

__all__ = ["SITES", "Reaction", "Site", "Truth", "Turn", "simulate"]
