"""The plant: its areas, how a site names its equipment, and the readings of a situation."""

from simulator.plant.areas import AREAS, METRICS, Area, Metric
from simulator.plant.sites import NUMBERED, SITES, Site

__all__ = ["AREAS", "METRICS", "NUMBERED", "SITES", "Area", "Metric", "Site"]
