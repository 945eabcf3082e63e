"""How questions and answers are worded: tables of templates for each language."""

from simulator.wording.tables import LANGUAGES, LanguageTables, Wording, worded

__all__ = ["LANGUAGES", "LanguageTables", "Wording", "worded"]
