"""Loads the scorer in service, once per version."""

import logging
from dataclasses import dataclass, field

from trainer.backends.scorers.scorer_files import ScorerFiles
from trainer.backends.sql.scorer_register import SqlScorerRegister
from trainer.domain.scorer.scorer_version import ScorerVersion

_log = logging.getLogger(__name__)


@dataclass
class ServedScorer:
    """`embedding` is the name of the embedding in use."""

    register: SqlScorerRegister
    files: ScorerFiles
    embedding: str
    _loaded: ScorerVersion | None = field(default=None, repr=False)

    def current(self) -> ScorerVersion | None:
        """None without a scorer, without its file, or if it was trained on another embedding."""
        event = self.register.in_service()
        if event is None or event.embedding != self.embedding:
            return None
        if self._loaded is None or self._loaded.version != event.version:
            try:
                scorers = self.files.read(event.artifact)
            except (LookupError, ValueError) as error:
                _log.error("the scorer in service cannot be read: %s", error)
                return None
            self._loaded = ScorerVersion(event.version, scorers, event.policy)
        return self._loaded
