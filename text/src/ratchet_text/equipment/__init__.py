"""Equipment in running text: device words, and the ids of single devices."""

# fmt: off
# isort: off
from ratchet_text.equipment.vocabulary import Vocabulary, active_vocabulary, use_vocabulary
from ratchet_text.equipment.site_file import use_site_file
from ratchet_text.equipment.devices import DeviceWord, device_after, device_before
from ratchet_text.equipment.device_keys import equipment_words
from ratchet_text.equipment.tags import EquipmentId
from ratchet_text.equipment.ids import IdReader, equipment_ids, lead_of
from ratchet_text.equipment.designations import MATERIALS
