"""Reads what people write: words, numbers, units and equipment; masks secrets in addresses."""

# fmt: off
# isort: off
from ratchet_language.addresses import MASK, http_address, masked, readable_url, split_credentials
from ratchet_language.equipment import (
    DeviceWord, EquipmentId, Vocabulary, active_vocabulary, device_after, device_before,
    equipment_ids, equipment_words, use_site_file, use_vocabulary,
)
from ratchet_language.numbers import NumberMention, Reading, Shown, number_mentions
from ratchet_language.secrets import NO_SECRETS, Secrets
from ratchet_language.units import is_percent, is_times, is_unit, unit_kind
from ratchet_language.characters import folded
from ratchet_language.normalization import (
    composed, device_type, normalized, phrasing_of, question_key, question_words,
)
from ratchet_language.answers import (
    control_token, is_blank, unteachable, visible_text, was_cut_off,
)
from ratchet_language.thinking import split_thinking
from ratchet_language.scan import Scan, question_equipment, scan
from ratchet_language.written_marks import written_marks
from ratchet_language.identifiers import identifier, known_as
from ratchet_language.times import EARLIEST, LATEST, OutOfRange, read_time
from ratchet_language.identification import language_of
from ratchet_language.follow_up_vocabulary import NOT, FollowUpWords, follow_up_words
from ratchet_language.tokens import Token, tokens_of
