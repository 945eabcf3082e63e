"""Reads answers of a model: thinking, control tokens, and the facts that measures need."""

# fmt: off
# isort: off
from ratchet_text.answers.scan import Scan, question_equipment, scan
from ratchet_text.answers.teachability import (
    control_token, is_blank, unteachable, visible_text, was_cut_off,
)
from ratchet_text.answers.thinking import split_thinking
from ratchet_text.answers.written_marks import written_marks
