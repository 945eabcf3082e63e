"""Reads the numbers of a text, in every usual notation."""

# fmt: off
# isort: off
from ratchet_language.numbers.mention import NumberMention
from ratchet_language.numbers.scanning import number_mentions
from ratchet_language.numbers.shown import Reading, Shown
