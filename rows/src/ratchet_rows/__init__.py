"""Rows of importable files, and the items that they become."""

from ratchet_rows.experience import NO_ID, NO_PLAN, ExperienceRow, read_experience
from ratchet_rows.files import UnreadableFile, open_rows
from ratchet_rows.kinds import EXPERIENCE_ROWS, KINDS
from ratchet_rows.row import (
    NO_ESCAPE,
    NO_NUMBER,
    NO_TEXT,
    NO_TIME,
    ImportRow,
    RefusedRow,
    read_passthrough,
)
from ratchet_rows.times import zone_named
