"""Generates spoken answers to a situation: good ones, and every kind of faulty ones."""

from simulator.answers.faulty import bad_answer
from simulator.answers.good import SimulatedAnswer, good_answer
from simulator.answers.values import capitalized, written

__all__ = ["SimulatedAnswer", "bad_answer", "capitalized", "good_answer", "written"]
