"""Reads texts: words, numbers, units, equipment, times, ids and languages; masks secrets."""

# fmt: off
# isort: off
from ratchet_text.answers import (
    Scan, control_token, is_blank, question_equipment, scan, split_thinking, unteachable,
    visible_text, was_cut_off, written_marks,
)
from ratchet_text.assistant import Assistant, active_assistant, use_assistant
from ratchet_text.asyncapi_page import asyncapi_page
from ratchet_text.characters import folded
from ratchet_text.chat_template import (
    UnusableTemplate, pinned_template, takes_system_message, usable_template,
)
from ratchet_text.equipment import (
    active_vocabulary, equipment_ids, equipment_words, use_site_file, use_vocabulary,
)
from ratchet_text.follow_up_vocabulary import NOT, FollowUpWords, follow_up_words
from ratchet_text.identifiers import identifier, known_as, person_named, spellings
from ratchet_text.json_parts import CutOff, elements, faulty_place, list_parts, value_end
from ratchet_text.languages import language_of
from ratchet_text.normalization import (
    composed, device_type, normalized, phrasing_of, question_key, question_words,
)
from ratchet_text.numbers import (
    NumberMention, Reading, Shown, named_equipment, number_mentions,
)
from ratchet_text.secrets import (
    MASK, NO_SECRETS, Secrets, http_address, masked, readable_url, split_credentials,
)
from ratchet_text.times import EARLIEST, LATEST, OutOfRange, read_time
from ratchet_text.tokens import Token, tokens_of
from ratchet_text.units import is_percent, is_times, is_unit, unit_kind
