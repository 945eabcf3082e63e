"""One judgment of a spoken answer: whether it is true to the readings of its situation."""

# fmt: off
# isort: off
from ratchet_truth.judging import judge
from ratchet_truth.judgment import Fault, Judgment, Verdict
from ratchet_truth.prompt import MOST_READINGS, asked_in, readings_in, situation_in
from ratchet_truth.sentences import has_sentence, true_answer
from ratchet_truth.situation import (
    Measured, RequestedReading, JudgedSituation, Topic, reading_line, situation_of,
)
