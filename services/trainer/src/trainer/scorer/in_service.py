"""The scorer that serves now, read once for each version."""

import logging
from dataclasses import dataclass, field

from trainer.domain.scorer.serving import Serving
from trainer.scorer.ports import ScorerFiles, ScorerRegister

_log = logging.getLogger(__name__)


@dataclass
class InService:
    """`embedding` is the one in use, by name."""

    register: ScorerRegister
    files: ScorerFiles
    embedding: str
    _known: Serving | None = field(default=None, repr=False)

    def now(self) -> Serving | None:
        """None without one; one whose file is gone or that knows other texts counts as none."""
        event = self.register.in_service()
        if event is None or event.embedding != self.embedding:
            return None
        if self._known is None or self._known.version != event.version:
            try:
                scorers = self.files.read(event.artifact)
            except (LookupError, ValueError) as error:
                _log.error("the scorer in service cannot be read: %s", error)
                return None
            self._known = Serving(event.version, scorers, event.policy)
        return self._known
