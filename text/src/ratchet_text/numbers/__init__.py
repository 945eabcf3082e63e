"""Reads the numbers of a text, in every usual notation."""

# fmt: off
# isort: off
from ratchet_text.numbers.mention import NumberMention
from ratchet_text.numbers.named_devices import named_equipment
from ratchet_text.numbers.scanning import number_mentions
from ratchet_text.numbers.shown import Reading, Shown
