"""The commands that the ledger adds to `ratchet`, importable without a database library."""

from ledger.commands.forget_command import forget
from ledger.commands.lineage_command import lineage
from ledger.commands.repair_command import repair
from ledger.commands.replay_command import replay

__all__ = ["forget", "lineage", "repair", "replay"]
